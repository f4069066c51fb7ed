using System.Collections.Immutable;
using Lucid.Gateway.Health;
using Lucid.Silo.Clustering;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Database;

namespace Lucid.Silo.Tests.Clustering;

public sealed class ProbeTests(PostgresServer server)
{
    [Fact]
    public async Task Database_ThatAnswers_IsHealthy()
    {
        await using var place = await server.CreateAsync();
        await using var database = new ClusterDatabase(place.Connection);
        Assert.Equal(new HealthReport(HealthState.Healthy), await new DatabaseProbe(database).ProbeAsync(default));
    }

    [Fact]
    public async Task Database_ThatIsAway_IsUnhealthy_WithoutThePassword()
    {
        await using var database = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid;Password=geheim");
        var report = await new DatabaseProbe(database).ProbeAsync(default);
        Assert.Equal(HealthState.Unhealthy, report.State);
        Assert.StartsWith("The database lucid on /nowhere/at/all cannot be reached", report.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", report.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HealthState.Healthy, "silo-1, silo-2", "silo-1", "silo-2")]
    [InlineData(HealthState.Degraded, "silo-2, silo-3; silo-1, which holds the ledger, is away, so sessions wait for their anchors", "silo-2", "silo-3")]
    [InlineData(HealthState.Unhealthy, "no silo is in the cluster")]
    public async Task Silos_AreLookedAt_AndTheLedgersMostOfAll(HealthState state, string detail, params string[] silos)
    {
        var probe = new SilosProbe(new Members([.. silos]), new NodeOptions { Cluster = new() { Ledger = "silo-1" } });
        Assert.Equal(new HealthReport(state, detail), await probe.ProbeAsync(default));
    }

    private sealed class Members(ImmutableArray<string> silos) : IClusterMembers
    {
        public ValueTask<ImmutableArray<string>> SilosAsync(CancellationToken cancellation) => ValueTask.FromResult(silos);
    }
}
