using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Verification;

/// <summary>How to verify.</summary>
public sealed record VerifyOptions
{
    /// <summary>
    /// Chunks hashed at once: 1 to 64, by default as many as there are cores. Memory is one chunk (at most 11 MiB) for each and one more.
    /// </summary>
    public int Parallelism
    {
        get;
        init => field = value is >= 1 and <= 64
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Parallelism is a number from 1 to 64.");
    } = Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <summary>
    /// Chunk receipts that a client kept while it recorded (<see cref="Records.ChunkReceipt.ReadAll"/>): each must be of the manifest's
    /// recorder, and its leaf among the session's. Those of the session that the manifest continues are passed over. By default none.
    /// </summary>
    public IReadOnlyCollection<SignedNote> Receipts { get; init; } = [];
}
