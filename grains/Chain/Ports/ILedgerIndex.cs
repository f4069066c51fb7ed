using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain.Ports;

/// <summary>
/// Where things are in the ledger. Derived from the blocks, and rebuilt from them where it is missing or behind; so it need not be flushed,
/// but what one call applies is there whole or not at all.
/// </summary>
public interface ILedgerIndex
{
    /// <summary>The last height that was applied; 0 before the first. Never above the blocks.</summary>
    ulong Height { get; }

    /// <summary>Applies the block after <see cref="Height"/>.</summary>
    /// <param name="entries">What it adds to the log, in order, the first at <paramref name="firstIndex"/>.</param>
    Task ApplyAsync(BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex, CancellationToken cancellation);

    /// <summary>Where the entry of that session, recorder and kind is; null where there is none. Cheap: asked for every new entry.</summary>
    EntryPlace? Find(EntryKey key);

    /// <summary>The height of the block with that id; null where there is none.</summary>
    ulong? HeightOf(Hash256 blockId);

    /// <summary>The first height whose log is at least that large; null where none is.</summary>
    ulong? FirstCovering(ulong logSize);

    /// <summary>Summaries of blocks in a range of heights, both ends included.</summary>
    IReadOnlyList<IndexedBlock> Blocks(ulong from, ulong to);

    /// <summary>Over all applied blocks.</summary>
    LedgerCounts Counts { get; }

    /// <summary>Something was found that cannot be right: all of it is to be made again from the blocks.</summary>
    bool IsDoubted { get; }

    /// <summary>Notes that the index is not right, and makes the error that says so and names the file.</summary>
    LedgerDamagedException Doubt(string damage);

    /// <summary>Begins anew, empty, and doubted no more. What was there is put aside.</summary>
    Task ResetAsync(CancellationToken cancellation);
}

/// <param name="Index">Its place in the log.</param>
public sealed record EntryPlace(ulong Index, ulong Height);

public sealed record IndexedBlock(
    ulong Height, Hash256 Id, long TimeMs, int Transactions, long SizeBytes, ulong LogSize, Ed25519PublicKey Proposer);

public sealed record LedgerCounts(ulong Anchors, ulong Erasures, ulong Transactions);
