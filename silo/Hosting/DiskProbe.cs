using Lucid.Gateway.Health;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Hosting;

/// <summary>Whether the disk is above its reserve.</summary>
internal sealed class DiskProbe(FreeSpace space) : IHealthProbe
{
    public string Name => "disk";

    public ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        var (hasRoom, words) = space.Look();
        return ValueTask.FromResult(new HealthReport(hasRoom ? HealthState.Healthy : HealthState.Unhealthy, words));
    }
}
