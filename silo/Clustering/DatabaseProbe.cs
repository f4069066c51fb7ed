using Lucid.Gateway.Health;
using Lucid.Silo.Database;

namespace Lucid.Silo.Clustering;

/// <summary>Whether the cluster's database answers.</summary>
internal sealed class DatabaseProbe(ClusterDatabase database) : IHealthProbe
{
    public string Name => "database";

    public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            return new HealthReport(HealthState.Healthy);
        }
        catch (DatabaseUnreachableException away)
        {
            return new HealthReport(HealthState.Unhealthy, away.Message);
        }
    }
}
