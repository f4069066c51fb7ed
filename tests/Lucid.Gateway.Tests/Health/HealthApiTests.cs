using Lucid.Gateway.Health;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Health;

public sealed class HealthApiTests
{
    [Theory]
    [InlineData(HealthState.Healthy, 200, "healthy")]
    [InlineData(HealthState.Degraded, 200, "degraded")]
    [InlineData(HealthState.Unhealthy, 503, "unhealthy")]
    public async Task Health_WorstDependency_DecidesTheWhole(HealthState worst, int status, string word)
    {
        await using var host = await GatewayHost.StartAsync(probes: [new Probe("disk", () => new HealthReport(worst, "12 % free")), new Probe("store", () => new HealthReport(HealthState.Healthy))]);
        foreach (var path in new[] { "/health", "/api/v1/health" })
        {
            var health = await GatewayHost.JsonOf(await host.Client.GetAsync(path), status);
            Assert.Equal(word, health.GetProperty("status").GetString());
            Assert.Equal(["disk", "store"], health.GetProperty("dependencies").EnumerateObject().Select(one => one.Name));
            Assert.Equal("12 % free", health.GetProperty("dependencies").GetProperty("disk").GetProperty("detail").GetString());
        }
        var ready = await GatewayHost.JsonOf(await host.Client.GetAsync("/health/ready"), status);
        Assert.Equal(word, ready.GetProperty("status").GetString());
        using var live = await host.Anyone.GetAsync("/health/live");
        Assert.Equal("""{"status":"healthy"}""", await live.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Health_ProbeThrowsOrHangs_IsUnhealthyWithoutItsInsides()
    {
        var options = GatewayHost.Options with { ProbeTimeout = TimeSpan.FromMilliseconds(100) };
        await using var host = await GatewayHost.StartAsync(options, probes: [new Probe("a", () => throw new IOException("/secret")), new Hanging()]);
        var health = await GatewayHost.JsonOf(await host.Client.GetAsync("/health"), 503);
        var dependencies = health.GetProperty("dependencies");
        Assert.Equal("unhealthy", dependencies.GetProperty("a").GetProperty("status").GetString());
        Assert.Contains("0.1 s", dependencies.GetProperty("hanging").GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", health.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Meta_InfoAndVersion_NameTheNode()
    {
        await using var host = await GatewayHost.StartAsync();
        var info = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/meta/info"), 200);
        Assert.Equal(("lucid", "node-1"), (info.GetProperty("service_name").GetString(), info.GetProperty("node_id").GetString()));
        var version = await GatewayHost.JsonOf(await host.Client.GetAsync("/api/v1/meta/version"), 200);
        Assert.Equal("v1", version.GetProperty("api_version").GetString());
    }

    private sealed class Probe(string name, Func<HealthReport> look) : IHealthProbe
    {
        public string Name => name;
        public ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation) => new(look());
    }

    private sealed class Hanging : IHealthProbe
    {
        public string Name => "hanging";
        public async ValueTask<HealthReport> ProbeAsync(CancellationToken cancellation)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return new HealthReport(HealthState.Healthy);
        }
    }
}
