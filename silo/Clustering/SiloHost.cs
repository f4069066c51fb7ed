using System.Net;
using Lucid.Evidence.Ledger;
using Lucid.Gateway;
using Lucid.Gateway.Health;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Certificates;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Clustering;

/// <summary>
/// Puts a silo of a cluster together: grains, a recorder on its own disk and, on one of them, the ledger. It serves the API to gateways and
/// other silos, who know the token that its grain tells them.
/// </summary>
public static class SiloHost
{
    /// <summary>Takes the data directory, looks at the database, and builds the silo; <see cref="WebApplication.RunAsync"/> runs it.</summary>
    /// <param name="announce">Told, line by line, what whoever started the silo should know.</param>
    /// <exception cref="EngineMissingException">This build has no cluster engine; nothing was touched.</exception>
    /// <exception cref="DataFolderInUseException">Another process has the directory.</exception>
    /// <exception cref="DatabaseSchemaException">The database has another schema than this Lucid works with.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public static async Task<WebApplication> BuildAsync(NodeOptions options, TimeProvider? clock = null, Action<string>? announce = null, CancellationToken cancellation = default)
    {
        var (folder, held, connection, database) = await ClusterGround.TakeAsync(options, cancellation);
        var (cluster, name) = (options.Cluster, options.Name!);
        clock ??= TimeProvider.System;
        var certificates = HostParts.ReadCertificates(cluster, clock);
        var builder = HostParts.Begin(options, cluster.RecorderUrl, folder, held, clock, announce);
        var services = builder.Services;
        var isSecure = ListenSecurely(builder, cluster, certificates);
        HostParts.AddCertificates(services, certificates);
        var network = new ClusterNetwork(database, cluster.Id);
        Genesis genesis;
        if (name == cluster.Ledger)
        {
            var files = HostParts.OpenLedger(options, folder, clock);
            genesis = files.Genesis;
            await network.AnnounceAsync(folder, name, genesis, cancellation);
            HostParts.AddLedger(services, files);
            services.AddSingleton<IHealthProbe, LedgerProbe>();
            services.AddSingleton<IHealthProbe, AuditProbe>();
        }
        else
        {
            genesis = await network.JoinAsync(folder, cluster.Ledger, clock, announce ?? (_ => { }), cancellation);
            var keys = KeyFiles.Open(folder.Keys, mayCreate: !Directory.Exists(folder.Chunks));
            services.AddSingleton(new NodeIdentity(name, keys.Identity, genesis.Network, HostParts.Software, cluster.Ledger));
            services.AddSingleton<ILogReader, NoDisk>();
        }
        HostParts.AddRecorder(services, options);
        services.AddSingleton(genesis);
        services.AddSingleton(_ => database);
        services.AddSingleton<PostgresSessionDirectory>();
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<PostgresSessionDirectory>());
        services.AddSingleton<IUserDirectory, PostgresUserDirectory>();
        var endpoint = new RecorderEndpoint(name);
        services.AddSingleton(endpoint);
        services.AddSingleton(provider => new RecorderLink(
            provider.GetRequiredService<GrainInterfaces.Engine.IGrains>(), provider.GetRequiredService<IClusterMembers>(), clock, name, certificates));
        services.AddSingleton<IRecorderLink>(provider => provider.GetRequiredService<RecorderLink>());
        services.AddSingleton<IPeers, Peers>();
        services.AddSingleton<IHealthProbe, DiskProbe>();
        services.AddSingleton<IHealthProbe, DatabaseProbe>();
        HostParts.AddUsersAndPolicies(services, options, genesis.Network);
        ClusterEngine.AddSilo(builder, options, connection, certificates);
        services.AddLucidGateway(new GatewayOptions
        {
            Token = endpoint.Token,
            Node = name,
            Ledger = cluster.Ledger,
            Environment = "silo",
            IsForPeers = true,
            IsLimited = false,
            IsMutualTls = isSecure,
            BlockInterval = TimeSpan.FromMilliseconds(genesis.Parameters.BlockIntervalMs),
        });
        services.AddHostedService<SiloStart>();

        var app = builder.Build();
        // What the container made first it closes last.
        app.Services.GetRequiredService<NodeLock>();
        app.Services.GetRequiredService<ClusterDatabase>();
        app.Services.GetService<LedgerFiles>();
        app.MapLucidGateway();
        app.MapPeers();
        return app;
    }

    /// <returns>Whether whoever connects has to show the cluster's certificate.</returns>
    private static bool ListenSecurely(WebApplicationBuilder builder, ClusterOptions cluster, ClusterCertificates? certificates)
    {
        var url = new Uri(cluster.RecorderUrl);
        if (url.Scheme != Uri.UriSchemeHttps || certificates is null)
            return false;
        builder.WebHost.UseUrls();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.TryParse(url.DnsSafeHost, out var address) ? address : IPAddress.IPv6Any, url.Port, listen => listen.UseHttps(certificates.Serve)));
        return true;
    }
}
