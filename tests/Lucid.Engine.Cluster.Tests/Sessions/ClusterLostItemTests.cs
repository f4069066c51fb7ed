using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Tests.Sessions;

namespace Lucid.Engine.Cluster.Tests.Sessions;

/// <summary>Each test kills a silo, so each has a cluster of its own.</summary>
public sealed class ClusterLostItemTests : LostItemBehaviour, IAsyncDisposable
{
    private readonly SessionCluster _cluster;
    private readonly ConcurrentBag<object> _lost;

    public ClusterLostItemTests() : this([]) { }

    private ClusterLostItemTests(ConcurrentBag<object> lost) : this(lost, new SessionCluster(new ClusterEngineOptions { Loses = item => Lose(lost, item) })) { }

    private ClusterLostItemTests(ConcurrentBag<object> lost, SessionCluster cluster) : base(new ClusterSessionWorld(cluster)) => (_lost, _cluster) = (lost, cluster);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Assert.Contains(_lost, item => item is ChunkSealed);
        Assert.Contains(_lost, item => item is LogEntryCommitted);
    }

    private static bool Lose(ConcurrentBag<object> lost, object item)
    {
        lost.Add(item);
        return true;
    }
}
