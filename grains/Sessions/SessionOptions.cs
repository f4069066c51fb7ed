namespace Lucid.Grains.Sessions;

/// <summary>The bounds of a session. Every one has a default, a unit and a range; the host checks them at start.</summary>
public sealed record SessionOptions
{
    /// <summary>The widest <see cref="Window"/> that can be set.</summary>
    public const int MaxWindow = 64;

    /// <summary>How far ahead of the lowest missing index a chunk may arrive: 1 to 64, default 10 chunks.</summary>
    public int Window { get; init; } = 10;

    /// <summary>Pauses and outages that one session can hold: 1 to 512, default 256. Beyond, pausing is refused.</summary>
    public int MaxTimeGaps { get; init; } = 256;

    /// <summary>Leaves between two snapshots of the tree: 1 to 4,096, default 256. It bounds what an activation reads again.</summary>
    public int SnapshotEvery { get; init; } = 256;

    /// <summary>How far beyond the recorder's clock a chunk's times may lie: 1 s to 7 d, default 1 d, for recordings of earlier streams.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often a session in memory looks at its idle limit and its anchor: 100 ms to 1 min, default 5 s.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a session is woken from disk to do the same: at least 1 min, default 1 min.</summary>
    public TimeSpan Reminder { get; init; } = TimeSpan.FromMinutes(1);
}
