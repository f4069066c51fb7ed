using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Limits;

namespace Lucid.Grains.Limits;

/// <inheritdoc cref="IQuotaGrain"/>
public class QuotaGrain(IActivation self) : IQuotaGrain
{
    /// <summary>Partitions of one shard at a time. Any more of them share one, so that whoever comes under many names fills no memory.</summary>
    public const int MostPartitions = 4_096;

    private const string Others = "";

    private readonly long _start = self.Clock.GetTimestamp();
    private readonly Dictionary<string, Partition> _partitions = new(StringComparer.Ordinal);
    private TimeSpan _swept;

    public Task<QuotaLease> TakeAsync(QuotaRequest request)
    {
        var terms = request.Terms;
        if (request is not { Partition.Length: > 0, Wanted: > 0 } || terms is not { Limit: > 0, Window.Ticks: > 0 })
            throw new ArgumentException($"{request} asks for nothing.", nameof(request));
        var now = self.Clock.GetElapsedTime(_start);
        Sweep(now, terms.Window);
        var name = _partitions.ContainsKey(request.Partition) || _partitions.Count < MostPartitions ? request.Partition : Others;
        var (bucket, _, blockedUntil) = _partitions.TryGetValue(name, out var known) ? known : new Partition(TokenBucket.Full(terms, now), terms, TimeSpan.Zero);
        if (now < blockedUntil)
            return Task.FromResult(new QuotaLease(0, 0, blockedUntil - now));

        var granted = Math.Min(request.Wanted, bucket.WholeAt(now, terms));
        // Not prolonged by trying again meanwhile: a client that goes on by itself would keep its user out for ever.
        var block = granted == 0 ? terms.Block : TimeSpan.Zero;
        bucket = bucket.Take(granted, now, terms);
        _partitions[name] = new Partition(bucket, terms, now + block);
        return Task.FromResult(new QuotaLease(granted, bucket.Permits, block));
    }

    /// <summary>Forgets whose bucket is full again, once a window: forgetting those changes nothing.</summary>
    private void Sweep(TimeSpan now, TimeSpan window)
    {
        if (now - _swept < window)
            return;
        _swept = now;
        foreach (var (name, partition) in _partitions)
        {
            if (partition.BlockedUntil <= now && partition.Bucket.LeftAt(now, partition.Terms) >= partition.Terms.Limit)
                _partitions.Remove(name);
        }
    }

    private sealed record Partition(TokenBucket Bucket, QuotaTerms Terms, TimeSpan BlockedUntil);
}
