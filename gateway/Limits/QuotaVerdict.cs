using System.Globalization;
using Lucid.Gateway.Errors;

namespace Lucid.Gateway.Limits;

/// <summary>What a limit says to one request.</summary>
/// <param name="Limit">Permits a minute.</param>
/// <param name="Remaining">As far as this gateway knows; others may have given some of them since.</param>
/// <param name="ResetsAfter">When all of them are there again, if nobody asks meanwhile.</param>
/// <param name="RetryAfter">When a refused request is worth trying again.</param>
internal sealed record QuotaVerdict(bool IsGranted, int Limit, int Remaining, TimeSpan ResetsAfter, TimeSpan RetryAfter)
{
    /// <summary>Whether the gateway gave it of its own share, while the grain was away.</summary>
    public bool IsAlone { get; init; }

    /// <summary>For whoever no limit is kept of.</summary>
    public static QuotaVerdict Exempt { get; } = new(IsGranted: true, 0, 0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>The answer to a request that was not granted.</summary>
    public ApiException ToRefusal() => new(
        ErrorTable.TooManyRequests,
        string.Create(CultureInfo.InvariantCulture, $"That was more than {Limit:#,0} in a minute. Try again in {Math.Max(1, Math.Ceiling(RetryAfter.TotalSeconds)):#,0} s."),
        retryAfter: RetryAfter);
}
