using System.Collections.Immutable;
using System.Net;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>The node itself, its health, and the cluster that it may be part of.</summary>
public sealed class NodeClient
{
    private readonly LucidClient _client;

    internal NodeClient(LucidClient client) => _client = client;

    /// <summary>Whether a node answers there at all. Asked once, as nobody.</summary>
    /// <exception cref="NodeUntrustedException">Somebody answers whom nobody vouches for.</exception>
    public async Task<bool> IsAliveAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _client.SendAsync(Get("health/live") with { AsNobody = true, Once = true }, cancellation);
            return true;
        }
        catch (Exception e) when (e is RefusedException or NodeUnreachableException)
        {
            return false;
        }
    }

    /// <summary>Whether it can work: healthy, degraded or unhealthy.</summary>
    public async Task<string> GetReadinessAsync(CancellationToken cancellation = default) => (await _client.ReadAsync<LivenessView>(Unwell("health/ready"), cancellation)).Status;

    /// <summary>How the node and each thing that it depends on are.</summary>
    public Task<HealthView> GetHealthAsync(CancellationToken cancellation = default) => _client.ReadAsync<HealthView>(Unwell("health"), cancellation);

    /// <summary>Prometheus text.</summary>
    public Task<string> GetMetricsAsync(CancellationToken cancellation = default) => _client.ReadTextAsync("metrics", cancellation);

    /// <summary>What answers there.</summary>
    public Task<ServiceInfo> GetInfoAsync(CancellationToken cancellation = default) => _client.ReadAsync<ServiceInfo>(Get(Api + "meta/info"), cancellation);

    /// <summary>Which versions of the API it speaks.</summary>
    public Task<VersionInfo> GetVersionAsync(CancellationToken cancellation = default) => _client.ReadAsync<VersionInfo>(Get(Api + "meta/version"), cancellation);

    /// <summary>The silos of the cluster whose gateway this is.</summary>
    /// <exception cref="RefusedException">4001: it is a node that runs alone.</exception>
    public Task<ClusterView> GetClusterAsync(CancellationToken cancellation = default) => _client.ReadAsync<ClusterView>(Get(Api + "cluster/status"), cancellation);

    /// <summary>That a node is unwell is an answer, too.</summary>
    private static ApiRequest Unwell(string path) => Get(path) with { AlsoAnswers = HttpStatusCode.ServiceUnavailable };
}

/// <summary>How a node is.</summary>
/// <param name="Status">healthy, degraded or unhealthy: the worst of all.</param>
/// <param name="Service">gateway.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Timestamp">When this was so.</param>
/// <param name="Uptime">Seconds since its start.</param>
/// <param name="Dependencies">By name.</param>
public sealed record HealthView(string Status, string Service, string Version, DateTimeOffset Timestamp, long Uptime, ImmutableSortedDictionary<string, DependencyHealth> Dependencies);

/// <summary>How something is that a node depends on.</summary>
/// <param name="Status">healthy, degraded or unhealthy.</param>
/// <param name="Detail">In words, where there is something to say.</param>
/// <param name="ResponseMs">How long it took to find out.</param>
public sealed record DependencyHealth(string Status, string? Detail, double ResponseMs);

/// <summary>What answers.</summary>
/// <param name="ServiceName">Lucid.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Environment">Where it runs: node, silo or gateway.</param>
/// <param name="NodeId">The node that records the sessions created here.</param>
/// <param name="Features">What it can do.</param>
public sealed record ServiceInfo(string ServiceName, string Version, string Environment, string NodeId, ImmutableArray<string> Features);

/// <summary>Which versions of the API a node speaks.</summary>
/// <param name="ApiVersion">The newest.</param>
/// <param name="GatewayVersion">Of the program.</param>
/// <param name="SupportedVersions">All.</param>
public sealed record VersionInfo(string ApiVersion, string GatewayVersion, ImmutableArray<string> SupportedVersions);

internal sealed record LivenessView(string Status);
