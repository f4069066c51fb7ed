using Lucid.Gateway.Health;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Clustering;

/// <summary>Whether a gateway has silos to talk to, and the one with the ledger among them.</summary>
internal sealed class SilosProbe(IClusterMembers members, NodeOptions options) : IHealthProbe
{
    public string Name => "silos";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        var silos = await members.SilosAsync(cancellation);
        if (silos.IsEmpty)
            return new HealthReport(HealthState.Unhealthy, "no silo is in the cluster");
        var names = string.Join(", ", silos);
        return silos.Contains(options.Cluster.Ledger, StringComparer.Ordinal)
            ? new HealthReport(HealthState.Healthy, names)
            : new HealthReport(HealthState.Degraded, $"{names}; {options.Cluster.Ledger}, which holds the ledger, is away, so sessions wait for their anchors");
    }
}
