namespace Lucid.Grains.Identity;

/// <summary>The bounds of the issuer's grain.</summary>
public sealed record IssuerOptions
{
    /// <summary>
    /// Revocations that are told one by one: 10 to 100,000, default 20,000. Beyond, the older half becomes one moment before which all tokens
    /// are to be renewed.
    /// </summary>
    public int MaxRevocations { get; init; } = 20_000;
}
