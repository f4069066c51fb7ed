using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Tests.Sessions;

namespace Lucid.Engine.Cluster.Tests.Sessions;

/// <summary>On a cluster of the test's own, because a silo of it may be killed.</summary>
public sealed class ClusterLostItemTests : LostItemBehaviour, IAsyncDisposable
{
    private readonly SessionCluster _cluster;

    public ClusterLostItemTests() : this(new SessionCluster(losesItems: true)) { }

    private ClusterLostItemTests(SessionCluster cluster) : base(new ClusterSessionWorld(cluster)) => _cluster = cluster;

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        // What a session would have been told, had it not been lost.
        Assert.Contains(_cluster.Lost, item => item is ChunkSealed);
        Assert.Contains(_cluster.Lost, item => item is LogEntryCommitted);
    }
}
