using System.Collections.Concurrent;

namespace Lucid.Gateway.Limits;

/// <summary>The quotas of all who ask, by limit and partition. Those that nobody uses are forgotten, and there are only so many.</summary>
internal sealed class QuotaTable(LimitOptions options, QuotaSource source)
{
    /// <summary>What partitions share that find no place.</summary>
    private const string Others = "others";

    // A look at all of them takes milliseconds, so not for each newcomer of a flood.
    private static readonly TimeSpan _looksEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(RateLimit Limit, string Partition), Quota> _quotas = new();
    private int _count;
    private long _looksAt;

    public int Count => _count;

    /// <param name="isCrowd">Whether the partition stands for many who cannot be told apart.</param>
    public Quota Find(RateLimit limit, string partition, bool isCrowd)
    {
        if (_quotas.TryGetValue((limit, partition), out var known))
            return known;
        Forget();
        // Beyond the bound by one for each limit.
        if (Volatile.Read(ref _count) >= options.Partitions)
            (partition, isCrowd) = (Others, true);
        var made = new Quota(options.TermsOf(limit, isCrowd), QuotaSource.GrainFor(limit, partition), partition, source);
        var quota = _quotas.GetOrAdd((limit, partition), made);
        if (ReferenceEquals(quota, made))
            Interlocked.Increment(ref _count);
        return quota;
    }

    private void Forget()
    {
        var (now, at) = (source.Now, Interlocked.Read(ref _looksAt));
        if (now.Ticks < at || Interlocked.CompareExchange(ref _looksAt, (now + _looksEvery).Ticks, at) != at)
            return;
        foreach (var entry in _quotas)
        {
            if (entry.Value.IsIdle(now) && _quotas.TryRemove(entry))
                Interlocked.Decrement(ref _count);
        }
    }
}
