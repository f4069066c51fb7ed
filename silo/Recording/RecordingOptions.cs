namespace Lucid.Silo.Recording;

/// <summary>How much a recorder takes on at once.</summary>
public sealed record RecordingOptions
{
    /// <summary>Chunks of one size class (up to 64 KiB, 1 MiB, 10 MiB) being sealed at the same time: 1 to 256, default 10; computed on by no more than there are cores.</summary>
    public int SealingWorkers { get; init; } = 10;

    /// <summary>Memory for chunks on their way, in bytes: 64 MiB to 64 GiB, default 256 MiB. A large chunk needs three times its size.</summary>
    public long MemoryBudget { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// Memory that readers hold while their clients read, in bytes: 32 MiB to 64 GiB, default 256 MiB. A full export needs the size of its longest chunk, a
    /// chunk that another recorder stored its size; what lies here is read piece by piece, and needs none.
    /// </summary>
    public long ReadingBudget { get; init; } = 256L * 1024 * 1024;

    /// <summary>Chunks that are hashed or decrypted for readers at the same time: 1 to 64, default 4. The system puts that work behind all other.</summary>
    public int ReadingWorkers { get; init; } = 4;

    /// <summary>How long an upload, or a read, waits for memory before it is answered 503: 0 to 60 s, default 10 s.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The share of the disk that stays free: 0 to 50 %, default 5 %.</summary>
    public double FreeSpaceReserve { get; init; } = 0.05;

    /// <summary>CPU time of each core that works on a chunk, for compressing it at a level above 1: 1 ms to 10 s, default 80 ms.</summary>
    public TimeSpan CompressionBudget { get; init; } = TimeSpan.FromMilliseconds(80);
}
