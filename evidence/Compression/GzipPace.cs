namespace Lucid.Evidence.Compression;

/// <summary>
/// Chooses the level of each block from the time that is left and the rate measured last. The estimate is one number, the time that
/// level 6 would take per byte of content like the last block's; other levels are fractions of it.
/// </summary>
internal sealed class GzipPace
{
    public const int BestLevel = 6;

    // The time of levels 0 to 6 relative to level 6, measured with zlib-ng on English-like text. On content that is harder to match, the
    // lower levels are slower than this; the first block measured at such a level corrects the estimate.
    private static readonly double[] s_relativeTime = [0, 0.25, 0.45, 0.6, 0.75, 0.8, 1];

    // Planning for a little less than the budget leaves room for blocks that turn out slower than the one before them.
    private const double Planned = 0.95;

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly long _budget;
    private double _ticksPerByte = double.NaN;
    private int _lowest = 1;

    public GzipPace(GzipBudget budget)
    {
        _clock = budget.Clock;
        _budget = (long)(budget.PerChunk.TotalSeconds * _clock.TimestampFrequency);
        _start = Now;
    }

    /// <summary>Whether there is no measurement yet.</summary>
    public bool IsBlind => double.IsNaN(_ticksPerByte);

    /// <summary>The clock's time, in its ticks.</summary>
    public long Now => _clock.GetTimestamp();

    /// <summary>Whether the budget is used up: whatever is left is stored.</summary>
    public bool IsOver => Now - _start >= _budget;

    /// <summary>The highest level at which <paramref name="bytesLeft"/> more bytes fit into the rest of the budget; 0 if none is.</summary>
    public int Level(long bytesLeft)
    {
        var allowed = ((Planned * _budget) - (Now - _start)) / bytesLeft;
        var level = allowed > 0 ? BestLevel : 0;
        while (level > 0 && s_relativeTime[level] * _ticksPerByte > allowed)
            level--;
        return level >= _lowest ? level : 0;
    }

    /// <summary>
    /// Notes that level 1 gained next to nothing. In zlib-ng it has fixed codes and finds repetitions only; level 2 also shrinks content
    /// like base64. From then on a few blocks at level 2 are worth more than many at level 1.
    /// </summary>
    public void AvoidLevelOne() => _lowest = 2;

    /// <summary>Notes that <paramref name="bytes"/> took from <paramref name="since"/> until now at a level from 1 to 6.</summary>
    public void Measured(int level, int bytes, long since) =>
        _ticksPerByte = (Now - since) / (bytes * s_relativeTime[level]);
}
