using Lucid.Gateway;
using Lucid.Gateway.Cluster;
using Lucid.Gateway.Health;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Access;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Mail;

namespace Lucid.Silo.Clustering;

/// <summary>Puts a gateway of a cluster together: the API over the cluster's grains, with no grain, key or chunk of its own. There may be any number.</summary>
public static class GatewayHost
{
    /// <summary>Takes the data directory, looks at the database, and builds the gateway; <see cref="WebApplication.RunAsync"/> runs it.</summary>
    /// <param name="announce">Told, line by line, what whoever started the gateway should know.</param>
    /// <exception cref="EngineMissingException">This build has no cluster engine; nothing was touched.</exception>
    /// <exception cref="DataFolderInUseException">Another process has the directory.</exception>
    /// <exception cref="DatabaseSchemaException">The database has another schema than this Lucid works with.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public static async Task<WebApplication> BuildAsync(NodeOptions options, TimeProvider? clock = null, Action<string>? announce = null, CancellationToken cancellation = default)
    {
        var (folder, held, connection, database) = await ClusterGround.TakeAsync(options, cancellation);
        var cluster = options.Cluster;
        var tokens = TokenKeys.Open(folder);
        clock ??= TimeProvider.System;
        var genesis = await new ClusterNetwork(database, cluster.Id).JoinAsync(folder, cluster.Ledger, clock, announce ?? (_ => { }), cancellation);

        var certificates = HostParts.ReadCertificates(cluster, clock);
        var builder = HostParts.Begin(options, options.Urls, folder, held, clock, announce);
        HostParts.ServeTls(builder, options.Access, clock);
        var services = builder.Services;
        services.AddSingleton(genesis);
        services.AddSingleton(_ => database);
        services.AddSingleton<ISessionDirectory, PostgresSessionDirectory>();
        services.AddSingleton<IUserDirectory, PostgresUserDirectory>();
        services.AddSingleton<NoDisk>();
        services.AddSingleton<IRecorder>(provider => provider.GetRequiredService<NoDisk>());
        services.AddSingleton<IKeyKeeper>(provider => provider.GetRequiredService<NoDisk>());
        services.AddSingleton<ILogReader>(provider => provider.GetRequiredService<NoDisk>());
        services.AddSingleton<IRecorderLink>(provider => new RecorderLink(
            provider.GetRequiredService<IGrains>(), provider.GetRequiredService<IClusterMembers>(), clock, own: null, certificates));
        services.AddSingleton<IRecorderNames, ClusterRecorders>();
        services.AddSingleton<IClusterOverview, ClusterOverview>();
        services.AddSingleton<IHealthProbe, DatabaseProbe>();
        services.AddSingleton<IHealthProbe, SilosProbe>();
        ClusterEngine.AddGateway(builder, options, connection, certificates);
        HostParts.AddCertificates(services, certificates);
        HostParts.AddTokenKeys(services, tokens);
        services.AddMail(options.Mail, clock);
        services.AddLucidGateway(new GatewayOptions
        {
            Issuer = HostParts.IssuerOf(genesis.Network),
            Tokens = options.Tokens,
            Token = NodeFile.ReadOrMakeToken(folder),
            Node = options.Name!,
            Ledger = cluster.Ledger,
            Environment = "gateway",
            Access = options.Access,
            Limits = options.Limits,
            BlockInterval = TimeSpan.FromMilliseconds(genesis.Parameters.BlockIntervalMs),
        });
        services.AddHostedService<GatewayStart>();

        var app = builder.Build();
        app.Services.GetRequiredService<NodeLock>();
        app.Services.GetRequiredService<ClusterDatabase>();
        app.MapLucidGateway();
        return app;
    }
}
