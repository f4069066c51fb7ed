using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Hosting;

/// <summary>Whether blocks are being made; answers through the engine, so an engine that hangs is noticed too.</summary>
internal sealed class LedgerProbe(IGrains grains, NodeIdentity identity) : IHealthProbe
{
    public string Name => "ledger";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        var status = await grains.Get<IChainGrain>(identity.Name).StatusAsync();
        return status.Waiting is { } why
            ? new HealthReport(HealthState.Degraded, why)
            : new HealthReport(HealthState.Healthy, $"height {status.Height}");
    }
}
