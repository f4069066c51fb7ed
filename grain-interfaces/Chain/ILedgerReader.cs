using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// What the gateway reads of the ledger: final blocks and what proves a session's anchor, from the node's own disk. Not a grain: reading
/// must neither wait behind votes nor stop with them. Everything here is bytes as <c>Lucid.Evidence</c> encodes them.
/// </summary>
public interface ILedgerReader
{
    /// <summary>The genesis file's bytes; their SHA-256 is the network's id.</summary>
    ReadOnlyMemory<byte> Genesis { get; }

    /// <summary>The newest final block; null before the first.</summary>
    ValueTask<StoredBlock?> LatestAsync(CancellationToken cancellation);

    /// <summary>The final block at that height; null where there is none.</summary>
    ValueTask<StoredBlock?> BlockAsync(ulong height, CancellationToken cancellation);

    /// <summary>The final block with that id; null where there is none.</summary>
    ValueTask<StoredBlock?> BlockAsync(Hash256 id, CancellationToken cancellation);

    /// <summary>The text of the validator set with that hash, as a header names it; null where no block of ours had it.</summary>
    ValueTask<byte[]?> ValidatorsAsync(Hash256 hash, CancellationToken cancellation);

    /// <summary>What proves the anchor of a session's manifest; null as long as no published checkpoint covers it.</summary>
    /// <param name="manifestSha256">Which manifest: one id could have been recorded by two recorders.</param>
    ValueTask<AnchorProof?> ProofAsync(Guid session, Hash256 manifestSha256, CancellationToken cancellation);
}

/// <summary>A final block without its transactions.</summary>
/// <param name="Header">The exact bytes of the header; their SHA-256 is the block's id.</param>
/// <param name="Certificate">The exact bytes of its commit certificate.</param>
/// <param name="SizeBytes">Bytes of the whole block with its transactions.</param>
public sealed record StoredBlock(ReadOnlyMemory<byte> Header, ReadOnlyMemory<byte> Certificate, long SizeBytes);

/// <summary>A session's anchor, proved.</summary>
/// <param name="LogIndex">Where it stands in the log.</param>
/// <param name="Receipt">The C2SP tlog-proof.</param>
/// <param name="Block">The first block whose log size and root are those of the receipt's checkpoint.</param>
/// <param name="Validators">The text of the set that made that block final.</param>
public sealed record AnchorProof(ulong LogIndex, ReadOnlyMemory<byte> Receipt, StoredBlock Block, ReadOnlyMemory<byte> Validators);
