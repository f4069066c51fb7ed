using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Limits;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>The grains of limits, which do as the real ones do, and say how often they were asked.</summary>
internal sealed class FakeQuotas(TimeProvider clock) : IGrains
{
    private readonly ConcurrentDictionary<string, Quota> _quotas = new(StringComparer.Ordinal);

    /// <summary>What was asked, in turn.</summary>
    public ConcurrentQueue<(string Grain, QuotaRequest Request)> Asked { get; } = new();

    /// <summary>Whether none of them can be reached.</summary>
    public bool AreAway { get; set; }

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain => (TGrain)(object)_quotas.GetOrAdd(key, _ => new Quota(this, clock, key));

    private sealed class Quota(FakeQuotas all, TimeProvider clock, string key) : IQuotaGrain
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, (TokenBucket Bucket, TimeSpan BlockedUntil)> _buckets = new(StringComparer.Ordinal);

        public Task<QuotaLease> TakeAsync(QuotaRequest request)
        {
            all.Asked.Enqueue((key, request));
            if (all.AreAway)
                return Task.FromException<QuotaLease>(new GrainUnreachableException($"quota/{key}", "a test says so"));
            lock (_gate)
            {
                var now = clock.GetElapsedTime(0);
                var (bucket, blockedUntil) = _buckets.GetValueOrDefault(request.Partition, (TokenBucket.Full(request.Terms, now), TimeSpan.Zero));
                if (now < blockedUntil)
                    return Task.FromResult(new QuotaLease(0, 0, blockedUntil - now));
                var granted = Math.Min(request.Wanted, bucket.WholeAt(now, request.Terms));
                var block = granted == 0 ? request.Terms.Block : TimeSpan.Zero;
                bucket = bucket.Take(granted, now, request.Terms);
                _buckets[request.Partition] = (bucket, now + block);
                return Task.FromResult(new QuotaLease(granted, bucket.Permits, block));
            }
        }
    }
}
