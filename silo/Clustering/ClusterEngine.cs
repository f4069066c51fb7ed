using Lucid.Silo.Certificates;
using Lucid.Silo.Hosting;
#if LUCID_ORLEANS
using System.Collections.Immutable;
using System.Net;
using Lucid.Engine.Cluster;
using Lucid.Gateway.Cluster;
#endif

namespace Lucid.Silo.Clustering;

/// <summary>The only place that knows whether this build has the cluster engine: where Orleans cannot be restored, it is left out.</summary>
internal static class ClusterEngine
{
#if LUCID_ORLEANS
    public const bool IsHere = true;

    public static void AddSilo(WebApplicationBuilder builder, NodeOptions options, string connection, ClusterCertificates? certificates)
    {
        Add(builder, options, connection, certificates, ClusterHosting.AddLucidSilo);
        builder.Services.AddSingleton<IStreamLag, Lag>();
    }

    public static void AddGateway(WebApplicationBuilder builder, NodeOptions options, string connection, ClusterCertificates? certificates)
    {
        Add(builder, options, connection, certificates, ClusterHosting.AddLucidGateway);
        builder.Services.AddSingleton<IClusterEngineView, View>();
    }

    // Looking costs an idle silo some CPU time, and items only wake whoever would look for itself a second later.
    private static readonly TimeSpan _streamPoll = TimeSpan.FromMilliseconds(250);

    private static void Add(WebApplicationBuilder builder, NodeOptions options, string connection, ClusterCertificates? certificates, Action<IHostApplicationBuilder, ClusterSeat> add)
    {
        var cluster = options.Cluster;
        var seat = new ClusterSeat
        {
            Cluster = cluster.Id,
            Connection = connection,
            Name = options.Name!,
            Advertise = IPAddress.Parse(cluster.Advertise),
            SiloPort = FreePort.OrElse(cluster.SiloPort),
            GatewayPort = FreePort.OrElse(cluster.GatewayPort),
            Tls = certificates is null ? null : new ClusterTls(certificates.Certificate, certificates.IsTrusted),
            End = ProcessEnd.Now,
            Engine = new ClusterEngineOptions { Deadline = cluster.CallDeadline, MailboxLimit = cluster.MailboxLimit, ProbeTimeout = cluster.ProbeTimeout, StreamPoll = _streamPoll },
        };
        add(builder, seat);
        builder.Services.AddSingleton<IClusterMembers, Members>();
    }

    private sealed class Members(ClusterMembers members) : IClusterMembers
    {
        public ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation) => members.SilosAsync(cancellation);
    }

    private sealed class Lag(StreamLag lag) : IStreamLag
    {
        public TimeSpan? Worst => lag.Worst;
    }

    private sealed class View(ClusterLook look) : IClusterEngineView
    {
        public async Task<ImmutableArray<SiloStatus>> SilosAsync(CancellationToken cancellation) =>
            [.. (await look.SilosAsync(cancellation)).Select(silo => new SiloStatus(silo.Name, [], silo.State, silo.Address, silo.StartedAt, silo.Activations, silo.Grains, null, silo.MemoryBytes))];
    }
#else
    public const bool IsHere = false;

    public static void AddSilo(WebApplicationBuilder builder, NodeOptions options, string connection, ClusterCertificates? certificates) => throw Missing();

    public static void AddGateway(WebApplicationBuilder builder, NodeOptions options, string connection, ClusterCertificates? certificates) => throw Missing();
#endif

    /// <exception cref="EngineMissingException">This build lacks the engine.</exception>
    public static void Require()
    {
        if (!IsHere)
            throw Missing();
    }

    private static EngineMissingException Missing() =>
        new("this build has no cluster engine; build it with -p:LucidOrleans=true, or say engine: embedded");
}

/// <summary>The engine that was asked for is not in this build: take another build, or another engine.</summary>
public sealed class EngineMissingException(string message) : Exception(message);
