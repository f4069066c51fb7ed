using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Health;

/// <summary>Asks every probe at once, and none for longer than the limit.</summary>
internal sealed class HealthCheck(IEnumerable<IHealthProbe> probes, GatewayOptions options, TimeProvider clock, ILogger<HealthCheck> log)
{
    private readonly ImmutableArray<IHealthProbe> _probes = [.. probes];
    private readonly long _started = clock.GetTimestamp();

    public TimeSpan Uptime => clock.GetElapsedTime(_started);

    public async Task<ImmutableSortedDictionary<string, DependencyHealth>> RunAsync(CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(_probes.Select(probe => AskAsync(probe, cancellation)));
        return answers.ToImmutableSortedDictionary(answer => answer.Name, answer => answer.Health, StringComparer.Ordinal);
    }

    private async Task<(string Name, DependencyHealth Health)> AskAsync(IHealthProbe probe, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        HealthReport report;
        try
        {
            report = await probe.ProbeAsync(cancellation).AsTask().WaitAsync(options.ProbeTimeout, clock, cancellation);
        }
        catch (TimeoutException)
        {
            report = new(HealthState.Unhealthy, $"no answer within {options.ProbeTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning(exception, "The health probe {Probe} failed", probe.Name);
            report = new(HealthState.Unhealthy, "the probe failed; the node's log says why");
        }
        return (probe.Name, new DependencyHealth(report.State, report.Detail, Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 3)));
    }
}
