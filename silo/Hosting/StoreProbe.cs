using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Gateway.Health;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Hosting;

/// <summary>Whether the engine's store of grains can be read: one row, by its key. That it can be written to is the disk's probe's matter.</summary>
internal sealed class StoreProbe(SqliteGrainStore store, NodeIdentity identity) : IHealthProbe
{
    public string Name => "store";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        await store.ReadAsync(new GrainId("chain", identity.Name));
        return new HealthReport(HealthState.Healthy);
    }
}
