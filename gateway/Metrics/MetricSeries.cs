namespace Lucid.Gateway.Metrics;

/// <summary>The value of one instrument for one set of tags. Owned by whoever holds its lock.</summary>
internal sealed class MetricSeries(double[]? bounds)
{
    private readonly Lock _lock = new();
    private readonly long[]? _buckets = bounds is null ? null : new long[bounds.Length + 1];
    private double _value;

    public void Record(double value, bool add)
    {
        lock (_lock)
        {
            if (_buckets is not null)
            {
                // The first bound that is not below the value; all of them below means the bucket without a bound.
                var place = Array.BinarySearch(bounds!, value);
                _buckets[place < 0 ? ~place : place]++;
                _value += value;
            }
            else
            {
                _value = add ? _value + value : value;
            }
        }
    }

    public static SeriesSnapshot Sum(IEnumerable<MetricSeries> series)
    {
        double value = 0;
        long[]? buckets = null;
        foreach (var one in series)
        {
            lock (one._lock)
            {
                value += one._value;
                if (one._buckets is null)
                    continue;
                buckets ??= new long[one._buckets.Length];
                for (var i = 0; i < buckets.Length; i++)
                    buckets[i] += one._buckets[i];
            }
        }
        return new SeriesSnapshot(value, buckets);
    }
}

/// <param name="Value">The value, or a histogram's sum.</param>
/// <param name="Buckets">Of a histogram: counts per bucket, each on its own; the last has no bound.</param>
internal sealed record SeriesSnapshot(double Value, long[]? Buckets);
