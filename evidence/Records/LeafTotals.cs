namespace Lucid.Evidence.Records;

/// <summary>
/// What the leaves of a session add up to. The recorder keeps it as leaves are sealed and the verifier recomputes it, both with
/// <see cref="Add"/>, so that a manifest's numbers cannot mean two things.
/// </summary>
public sealed record LeafTotals
{
    /// <summary>Of a session without leaves.</summary>
    public static LeafTotals None { get; } = new();

    /// <summary>Chunks and gaps.</summary>
    public ulong Leaves { get; init; }

    public ulong Chunks { get; init; }

    public ulong Gaps { get; init; }

    /// <summary>Bytes of plaintext in all chunks.</summary>
    public ulong PlainBytes { get; init; }

    /// <summary>Bytes of ciphertext in all chunks.</summary>
    public ulong CipherBytes { get; init; }

    /// <summary>The lengths of all gaps added up, in ms; a second that is missing on two tracks counts twice.</summary>
    public long GapMs { get; init; }

    /// <summary>The latest end of any leaf, in ms since the session's start: how long the recording is.</summary>
    public long DurationMs { get; init; }

    /// <summary>The totals with one leaf more.</summary>
    /// <exception cref="MalformedException">The leaf's index does not follow (see <see cref="Leaf"/>), or the gaps exceed
    /// <see cref="Leaf.MaxMs"/>.</exception>
    public LeafTotals Add(Leaf leaf)
    {
        if (leaf.Index != Leaves)
            throw new MalformedException("leaf", $"index {leaf.Index} does not follow; expected {Leaves}");
        var totals = this with
        {
            Leaves = Leaves + 1,
            DurationMs = Math.Max(DurationMs, leaf.EndMs),
        };
        if (leaf is ChunkLeaf chunk)
        {
            return totals with
            {
                Chunks = Chunks + 1,
                PlainBytes = PlainBytes + (ulong)chunk.PlainLength,
                CipherBytes = CipherBytes + (ulong)chunk.CipherLength,
            };
        }
        var gapMs = GapMs + (leaf.EndMs - leaf.StartMs);
        if (gapMs > Leaf.MaxMs)
            throw new MalformedException("leaf", $"the gaps up to index {leaf.Index} add up to more than {Leaf.MaxMs} ms");
        return totals with { Gaps = Gaps + 1, GapMs = gapMs };
    }
}
