using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Lucid.Gateway.Metrics;

/// <summary>One instrument: its name and kind for Prometheus, and a series per set of tags.</summary>
internal sealed class MetricFamily
{
    /// <summary>Tags that come from outside could have any number of values; beyond this, measurements are counted as dropped.</summary>
    public const int MaxSeries = 2_000;

    private static readonly double[] DefaultBuckets =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly ConcurrentDictionary<TagSet, MetricSeries> _series = new(TagSetComparer.Instance);
    private readonly ConcurrentDictionary<TagSet, MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private readonly string _help;
    private readonly string _kind;
    private readonly bool _adds;
    private readonly double[]? _bounds;
    private long _dropped;
    private int _count;

    public MetricFamily(Instrument instrument)
    {
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        // Counters give differences, except the observed ones, which give totals.
        _adds = generic == typeof(Counter<>) || generic == typeof(UpDownCounter<>);
        _kind = generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>) ? "counter"
            : generic == typeof(Histogram<>) ? "histogram"
            : "gauge";
        if (_kind == "histogram")
            _bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } advised } ? [.. advised] : DefaultBuckets;
        Name = PrometheusText.Name(instrument.Name, instrument.Unit, counter: _kind == "counter");
        _help = instrument.Description ?? "";
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_lookup.TryGetValue(tags, out var series))
        {
            if (Volatile.Read(ref _count) >= MaxSeries)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            var made = new MetricSeries(_bounds);
            series = _series.GetOrAdd(new TagSet(tags.ToArray()), made);
            if (ReferenceEquals(series, made))
                Interlocked.Increment(ref _count);
        }
        series.Record(value, _adds);
    }

    /// <summary>Writes families of one name as one.</summary>
    public static void Write(StringBuilder text, IReadOnlyList<MetricFamily> families)
    {
        var first = families[0];
        var bounds = first._bounds;
        var alike = families.Where(family => family._kind == first._kind && (bounds is null || family._bounds!.SequenceEqual(bounds))).ToList();
        var series = alike.SelectMany(family => family._series)
            .GroupBy(one => PrometheusText.Labels(one.Key.Tags), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (series.Count == 0)
            return;
        if (first._help.Length > 0)
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(PrometheusText.EscapeHelp(first._help)).Append('\n');
        text.Append("# TYPE ").Append(first.Name).Append(' ').Append(first._kind).Append('\n');
        foreach (var group in series)
        {
            // The same labels can come twice: as tags in another order, or from two meters. Together they are one series.
            var sum = MetricSeries.Sum(group.Select(one => one.Value));
            if (sum.Buckets is null)
                PrometheusText.Sample(text, first.Name, group.Key, sum.Value);
            else
                WriteHistogram(text, first.Name, group.Key, bounds!, sum);
        }
        var dropped = alike.Sum(family => Interlocked.Read(ref family._dropped));
        if (dropped > 0)
            text.Append("# ").Append(first.Name).Append(": ").Append(dropped).Append(" measurements dropped, too many different labels\n");
    }

    private static void WriteHistogram(StringBuilder text, string name, string labels, double[] bounds, SeriesSnapshot sum)
    {
        long below = 0;
        for (var i = 0; i <= bounds.Length; i++)
        {
            below += sum.Buckets![i];
            var bound = i < bounds.Length ? PrometheusText.Number(bounds[i]) : "+Inf";
            PrometheusText.Sample(text, name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", below);
        }
        PrometheusText.Sample(text, name + "_sum", labels, sum.Value);
        PrometheusText.Sample(text, name + "_count", labels, below);
    }
}
