namespace Lucid.Evidence.Compression;

/// <summary>
/// How long compressing one chunk may take on each core. It decides on levels above 1: what level 1 shrinks by an eighth is never stored
/// for want of time.
/// </summary>
public sealed record GzipBudget
{
    /// <summary>The default: 80 ms, by the system's clock.</summary>
    public static GzipBudget Default { get; } = new();

    /// <summary>The time for one chunk, whatever its length; default 80 ms, from 0 (level 1) to 1 minute.</summary>
    public TimeSpan PerChunk
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMinutes(1));
            field = value;
        }
    } = TimeSpan.FromMilliseconds(80);

    /// <summary>What measures the time, through <see cref="TimeProvider.GetTimestamp"/>: always on the thread that works, so that it may be that
    /// thread's own.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What compressing a chunk came to.</summary>
/// <param name="Length">Bytes written.</param>
/// <param name="MeanLevel">
/// The mean level, 0 to 6, over the bytes that were worth compressing; those for which there was no time count with 0, and those in which
/// nothing repeats with 6, since no level gains more on them. Those that do not shrink do not count. It is 0 where nothing was worth it.
/// </param>
public readonly record struct GzipResult(int Length, double MeanLevel);
