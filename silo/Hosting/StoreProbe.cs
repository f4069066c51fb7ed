using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Gateway.Health;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Whether the engine's store of grains can be read: one row, by its key. That it can be written to is the disk's probe's matter.</summary>
internal sealed class StoreProbe(SqliteGrainStore store, DataFolder folder, NodeIdentity identity) : IHealthProbe
{
    public string Name => "store";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        await store.ReadAsync(new GrainId("chain", identity.Name));
        return Loss(store, folder) is { } loss ? new HealthReport(HealthState.Degraded, loss) : new HealthReport(HealthState.Healthy);
    }

    /// <summary>What the store has lost of what was answered, with the cure; null where nothing is missed.</summary>
    public static string? Loss(SqliteGrainStore store, DataFolder folder) => store.LostCommits == 0 ? null :
        $"{folder.GrainStore} lacks the last {store.LostCommits} commits that were answered: {folder.GrainStore}-wal was cut off or altered, or an older copy was put back. " +
        "Sessions may lack chunks that have receipts. Stop the node and restore the newest copy of both files; where there is none, what they held is lost and the node goes on without it";
}
