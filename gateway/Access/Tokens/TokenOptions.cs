using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>How long access tokens and the keys that sign them live, and how soon a revoked one is refused.</summary>
public sealed record TokenOptions
{
    /// <summary>How long an access token is good for. Default 15 min, range 1 min to 15 min: the longer, the more a stolen one is worth.</summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a gateway signs with one key. Default 30 d, range 1 d to 365 d.</summary>
    public TimeSpan RotateEvery { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often a gateway asks what was revoked. Default 300 ms, range 50 ms to 10 s.</summary>
    public TimeSpan NewsEvery { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How old the last answer may be before no access token is believed. Default 1 s, range 500 ms to 1 min; longer than <see cref="NewsEvery"/>.</summary>
    public TimeSpan NewsWithin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Verified tokens that are remembered, of some 400 bytes each. Default 100,000, range 100 to 10,000,000.</summary>
    public int CacheSize { get; init; } = 100_000;

    /// <summary>The bounds of everything above.</summary>
    public static IReadOnlyList<OptionRange<TokenOptions>> Ranges { get; } =
    [
        new(nameof(Life), options => options.Life, TimeSpan.FromMinutes(1), Revocation.MaxTokenLife),
        new(nameof(RotateEvery), options => options.RotateEvery, TimeSpan.FromDays(1), TimeSpan.FromDays(365)),
        new(nameof(NewsEvery), options => options.NewsEvery, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)),
        new(nameof(NewsWithin), options => options.NewsWithin, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(1)),
        new(nameof(CacheSize), options => options.CacheSize, 100, 10_000_000),
    ];

    /// <summary>One sentence per value that is not acceptable.</summary>
    public IEnumerable<string> FindMistakes()
    {
        foreach (var mistake in Ranges.Select(range => range.FindMistake(this, "Tokens.")).OfType<string>())
            yield return mistake;
        if (NewsWithin <= NewsEvery)
            yield return $"Tokens.NewsWithin is {NewsWithin}, which is over before the next question, {NewsEvery} later; choose more.";
    }
}
