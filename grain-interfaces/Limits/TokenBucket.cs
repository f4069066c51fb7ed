namespace Lucid.GrainInterfaces.Limits;

/// <summary>
/// A bucket that holds as many permits as its limit and refills evenly, all of it within one window. Over any time t it gives at most
/// limit × (1 + t / window) permits. A bucket that nobody has taken from for a window is full, so forgetting it changes nothing.
/// </summary>
/// <param name="Permits">How many there were at that time. Below zero where more was used than was there.</param>
/// <param name="At">Since any fixed moment of a clock that never goes back.</param>
public readonly record struct TokenBucket(double Permits, TimeSpan At)
{
    // What is refilled is a fraction: a permit that is there when it was promised must not be lost to how fractions are stored.
    private const double Rounding = 1e-6;

    public static TokenBucket Full(QuotaTerms terms, TimeSpan now) => new(terms.Limit, now);

    /// <summary>How many there are by now.</summary>
    public double LeftAt(TimeSpan now, QuotaTerms terms) => Math.Min(terms.Limit, Permits + (Math.Max(0, (now - At) / terms.Window) * terms.Limit));

    /// <summary>How many of them can be taken by now: zero where it owes some.</summary>
    public int WholeAt(TimeSpan now, QuotaTerms terms) => Whole(LeftAt(now, terms));

    /// <summary>The same bucket with so many fewer.</summary>
    public TokenBucket Take(int permits, TimeSpan now, QuotaTerms terms) => new(LeftAt(now, terms) - permits, now);

    /// <summary>How many of a number of permits can be taken: zero below one.</summary>
    public static int Whole(double permits) => (int)Math.Max(0, Math.Floor(permits + Rounding));

    /// <summary>How long it takes to refill that many.</summary>
    public static TimeSpan TimeFor(double permits, QuotaTerms terms) => permits <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Ceiling(terms.Window.Ticks * permits / terms.Limit));
}
