using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Hosting;

/// <summary>Whether blocks are being made; answers through the engine, so an engine that hangs is noticed too.</summary>
internal sealed class LedgerProbe(IGrains grains, NodeIdentity identity, TimeProvider clock) : IHealthProbe
{
    /// <summary>How late a block may be before the node is called unhealthy.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public string Name => "ledger";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        var status = await grains.Get<IChainGrain>(identity.Name).StatusAsync();
        if (status.NextBlockDue is { } due && clock.GetUtcNow() - due > _patience)
            return new HealthReport(HealthState.Unhealthy, $"no block since height {status.Height}, due at {due:u}{(status.Waiting is { } cause ? $": {cause}" : "")}");
        return status.Waiting is { } why
            ? new HealthReport(HealthState.Degraded, why)
            : new HealthReport(HealthState.Healthy, $"height {status.Height}");
    }
}
