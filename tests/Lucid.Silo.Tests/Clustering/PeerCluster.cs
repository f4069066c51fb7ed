using System.Collections.Immutable;
using Lucid.Silo.Clustering;

namespace Lucid.Silo.Tests.Clustering;

/// <summary>Silos named silo-1 and so on, as they reach each other over HTTP.</summary>
internal sealed class PeerCluster : IAsyncDisposable, IClusterMembers
{
    private readonly List<PeerSilo> _silos = [];

    public PeerGrains Grains { get; } = new();

    /// <summary>Whom the cluster's list names; all of them at first.</summary>
    public ImmutableArray<string> Members { get; set; } = [];

    /// <param name="number">From 1.</param>
    public PeerSilo this[int number] => _silos[number - 1];

    public static async Task<PeerCluster> StartAsync(int silos, TimeProvider? clock = null)
    {
        var cluster = new PeerCluster();
        for (var number = 1; number <= silos; number++)
            cluster._silos.Add(await PeerSilo.StartAsync($"silo-{number}", cluster.Grains, cluster, clock ?? TimeProvider.System));
        cluster.Members = [.. cluster._silos.Select(silo => silo.Name)];
        return cluster;
    }

    public ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation) => ValueTask.FromResult(Members);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
    }
}
