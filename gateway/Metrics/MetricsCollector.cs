using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Hosting;

namespace Lucid.Gateway.Metrics;

/// <summary>
/// Keeps the latest value of every instrument that the node, the web server and the runtime have, and writes them in the Prometheus text
/// format. (The OpenTelemetry exporter for Prometheus is not in every registry, and this is all we need of it.)
/// </summary>
internal sealed class MetricsCollector : IHostedService, IDisposable
{
    private static readonly string[] MeterPrefixes = ["Lucid", "Microsoft.AspNetCore", "System.Runtime"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (MeterPrefixes.Any(prefix => instrument.Meter.Name.StartsWith(prefix, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static one => new MetricFamily(one)));
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out MetricFamily? _);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => Record((double)value, tags, family));
    }

    /// <summary>Everything, as Prometheus reads it.</summary>
    public string Render()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 * 1024);
        // Two meters may each have an instrument of one name; Prometheus wants a family once.
        foreach (var family in _families.Values.GroupBy(family => family.Name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            MetricFamily.Write(text, [.. family]);
        return text.ToString();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) => ((MetricFamily)family!).Record(value, tags);
}
