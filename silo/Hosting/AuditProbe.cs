using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Hosting;

/// <summary>Whether the audit log goes on, and into the ledger: where it does not, nobody may administrate anything.</summary>
internal sealed class AuditProbe(IGrains grains, NodeIdentity identity) : IHealthProbe
{
    public string Name => "audit";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        var head = await grains.Get<IAuditGrain>(identity.Name).HeadAsync();
        return head.Waiting is { } why ? new HealthReport(HealthState.Degraded, why) : new HealthReport(HealthState.Healthy, $"{head.Size} records, {head.AnchoredSize} of them in the ledger");
    }
}
