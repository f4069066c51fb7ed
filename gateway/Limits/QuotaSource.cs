using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Limits;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Limits;

/// <summary>Where quotas lease their permits: the grains that all gateways share.</summary>
internal sealed class QuotaSource(IGrains grains, LimitOptions options, TimeProvider clock, ILogger<QuotaSource> log)
{
    /// <summary>Of one limit. A grain for each partition would cost a stranger's every address some KiB on a silo; a shard keeps a hundred bytes of it.</summary>
    private const int Shards = 64;

    // A request waits for it: sooner the local share than that.
    private static readonly TimeSpan _answersWithin = TimeSpan.FromSeconds(1);

    // One request in so long finds out whether the grain is back.
    private static readonly TimeSpan _asksAgainAfter = TimeSpan.FromSeconds(2);

    private readonly long _start = clock.GetTimestamp();

    // By grain, of which there are no more than limits and shards.
    private readonly ConcurrentDictionary<string, TimeSpan> _awayUntil = new(StringComparer.Ordinal);

    public TimeSpan Now => clock.GetElapsedTime(_start);

    /// <summary>How long a quota that got no answer goes on alone.</summary>
    public static TimeSpan Pause => _asksAgainAfter;

    /// <summary>What a gateway gives of a limit while it is alone: as many gateways as the share says give the limit together, and more give more.</summary>
    public QuotaTerms Alone(QuotaTerms terms) => terms with { Limit = Math.Max(1, (int)(terms.Limit * options.AloneShare)) };

    public static string GrainFor(RateLimit limit, string partition) => $"{limit.ToString().ToLowerInvariant()}/{Hash(partition) % Shards}";

    /// <returns>Null where the grain cannot be reached.</returns>
    public async Task<QuotaLease?> TakeAsync(string grain, QuotaRequest request)
    {
        if (_awayUntil.TryGetValue(grain, out var until) && Now < until)
            return null;
        try
        {
            var lease = await grains.Get<IQuotaGrain>(grain).TakeAsync(request).WaitAsync(_answersWithin, clock);
            _awayUntil.TryRemove(grain, out _);
            return lease;
        }
        catch (Exception away) when (away is EngineException or TimeoutException)
        {
            if (!_awayUntil.ContainsKey(grain))
                log.LogWarning("Limits are not shared with other gateways for now: quota/{Grain} gives no answer ({Reason})", grain, away.Message);
            _awayUntil[grain] = Now + _asksAgainAfter;
            return null;
        }
    }

    /// <summary>FNV-1a: the same on every gateway, which a string's own hash is not.</summary>
    private static uint Hash(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var letter in text)
            hash = unchecked((hash ^ letter) * 16_777_619u);
        return hash;
    }
}
