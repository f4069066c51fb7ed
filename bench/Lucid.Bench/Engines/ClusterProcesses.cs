using Lucid.Bench.Load;

namespace Lucid.Bench.Engines;

/// <summary>Silos and a gateway as processes of their own, the ones that `lucid up --cluster` runs. The first silo holds the ledger.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    public const string Cluster = "lucid";

    private readonly string _folder;
    private readonly SortedDictionary<string, NodeProcess> _silos = new(StringComparer.Ordinal);

    private ClusterProcesses(string folder, string database) => (_folder, Database) = (folder, database);

    public string Database { get; }
    public NodeProcess Gateway { get; private set; } = null!;

    /// <summary>By name; those that were killed are not among them.</summary>
    public IReadOnlyDictionary<string, NodeProcess> Silos => _silos;

    public IEnumerable<NodeProcess> All => [Gateway, .. _silos.Values];

    /// <summary>Starts one after the other, so that each start is measured without the next.</summary>
    public static async Task<ClusterProcesses> StartAsync(string folder, string database, int silos)
    {
        var cluster = new ClusterProcesses(folder, database);
        try
        {
            for (var i = 1; i <= silos; i++)
                await cluster.StartSiloAsync($"silo-{i}");
            cluster.Gateway = await cluster.StartGatewayAsync("gateway-1");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo, or one that was killed again.</summary>
    public async Task<NodeProcess> StartSiloAsync(string name) => _silos[name] = await StartAsync("silo", name);

    /// <summary>Starts a further gateway, which is the caller's to end.</summary>
    public Task<NodeProcess> StartGatewayAsync(string name) => StartAsync("gateway", name);

    /// <summary>kill -9.</summary>
    public async Task KillAsync(string silo)
    {
        _silos.Remove(silo, out var process);
        await process!.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // The gateway first: it would only complain.
        if (Gateway is not null)
            await Gateway.DisposeAsync();
        foreach (var silo in _silos.Keys.ToList())
            await KillAsync(silo);
    }

    private Task<NodeProcess> StartAsync(string role, string name) => NodeProcess.StartAsync(
        Path.Combine(_folder, name), ("LUCID__ENGINE", "orleans"), ("LUCID__ROLE", role), ("LUCID__NAME", name), ("LUCID__CLUSTER__ID", Cluster),
        ("LUCID__CLUSTER__DATABASE", Database), ("LUCID__CLUSTER__SILOPORT", "0"), ("LUCID__CLUSTER__GATEWAYPORT", "0"));
}
