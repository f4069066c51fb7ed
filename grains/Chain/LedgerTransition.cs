using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Grains.Chain;

/// <summary>From one block to the next: how one is made, what makes one acceptable, and what follows from it. Pure.</summary>
public static class LedgerTransition
{
    /// <summary>
    /// The transactions that bring what waits, within the ledger's limits: the recorder's own entries, cut into batches that it signs, and
    /// behind them what others signed, byte for byte. Where one block cannot hold so many transactions, what came last is left out and
    /// waits for the next block; an entry that still fits into a batch of earlier ones keeps nobody out, so it goes along.
    /// </summary>
    /// <param name="waiting">In the order in which they came; of one key only one, and no more than a block's entries.</param>
    public static ImmutableArray<ReadOnlyMemory<byte>> Batch(
        Genesis genesis, IReadOnlyList<WaitingEntry> waiting, Ed25519PrivateKey recorder)
    {
        var batches = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var signed = new List<ReadOnlyMemory<byte>>();
        var batch = new List<LedgerEntry>();
        // The batch that is being filled is a transaction, too.
        var (bytes, transactions) = (AnchorBatch.Overhead, 0);
        foreach (var (entry, transaction) in waiting)
        {
            var isFull = batch.Count == genesis.Parameters.MaxBatchEntries || bytes + entry.Bytes.Length > genesis.Parameters.MaxBatchBytes;
            if (transaction is not null || batch.Count == 0 || isFull)
            {
                if (transactions == Block.MaxTransactions)
                    continue;
                transactions++;
            }
            if (transaction is not null)
            {
                signed.Add(transaction.Bytes);
                continue;
            }
            if (isFull)
                Close();
            batch.Add(entry);
            bytes += entry.Bytes.Length;
        }
        if (batch.Count > 0)
            Close();
        batches.AddRange(signed);
        return batches.ToImmutable();

        void Close()
        {
            batches.Add(AnchorBatch.Create(genesis.Network, recorder.PublicKey, batch, message => recorder.Sign(message.Span)).Bytes);
            batch.Clear();
            bytes = AnchorBatch.Overhead;
        }
    }

    /// <summary>The block with these transactions on top of <paramref name="head"/>.</summary>
    /// <param name="nowMs">The proposer's clock; the header's time is that, or one past the block before where the clock is behind.</param>
    public static Block Make(
        Genesis genesis, LedgerHead head, Ed25519PublicKey proposer, long nowMs, ImmutableArray<ReadOnlyMemory<byte>> transactions)
    {
        var next = Apply(head, Entries(transactions), transactions.Length);
        var validators = genesis.Validators.Hash;
        return new Block(
            new BlockHeader(
                genesis.Network, head.Height + 1, head.Id, Math.Max(nowMs, head.TimeMs + 1), proposer, next.LogSize, next.LogRoot,
                transactions.Length, TransactionsRoot(transactions), next.StateRoot, validators, validators, genesis.Parameters.Hash),
            transactions, Certificate: null);
    }

    /// <summary>Why a block is no valid next block, in one sentence; null where it is one.</summary>
    /// <param name="nowMs">This node's clock; null where the block is final already and its time no longer matters.</param>
    /// <param name="isTaken">Whether the ledger has an entry of that key already.</param>
    public static string? FindFault(Genesis genesis, LedgerHead head, Block block, long? nowMs, Func<EntryKey, bool> isTaken)
    {
        var header = block.Header;
        var validators = genesis.Validators.Hash;
        if (header.Network != genesis.Network || header.Height != head.Height + 1 || header.PreviousId != head.Id)
            return $"it is not the block after {head.Id} at height {head.Height}";
        if (header.TimeMs <= head.TimeMs)
            return $"its time {header.TimeMs} is not after the block before, {head.TimeMs}";
        if (nowMs is { } now && header.TimeMs > now + genesis.Parameters.MaxTimeAheadMs)
            return $"its time {header.TimeMs} is more than {genesis.Parameters.MaxTimeAheadMs} ms ahead of this node's clock";
        if (header.ValidatorsHash != validators || header.NextValidatorsHash != validators || header.ParametersHash != genesis.Parameters.Hash)
            return "it names other validators or parameters";
        if (genesis.Validators.IndexOf(header.Proposer) < 0)
            return "its proposer is no validator";
        if (FindFault(genesis, block.Transactions, isTaken, out var entries) is { } fault)
            return fault;
        var next = Apply(head, entries, block.Transactions.Length);
        return header.LogSize == next.LogSize && header.LogRoot == next.LogRoot && header.StateRoot == next.StateRoot &&
            header.TransactionCount == block.Transactions.Length && header.TransactionsRoot == TransactionsRoot(block.Transactions)
            ? null
            : "its roots are not what its transactions give";
    }

    /// <summary>The state after a block that is known to be valid.</summary>
    /// <param name="entries">The block's <see cref="Entries"/>.</param>
    public static LedgerHead Apply(LedgerHead head, Block block, IReadOnlyCollection<LedgerEntry> entries) =>
        Apply(head, entries, block.Transactions.Length) with { Height = block.Header.Height, Id = block.Header.Id(), TimeMs = block.Header.TimeMs };

    /// <summary>What a block adds to the log, in order.</summary>
    public static ImmutableArray<LedgerEntry> Entries(ImmutableArray<ReadOnlyMemory<byte>> transactions) =>
        [.. transactions.SelectMany(transaction => AnchorBatch.Parse(transaction).Entries)];

    private static LedgerHead Apply(LedgerHead head, IReadOnlyCollection<LedgerEntry> entries, int transactions)
    {
        var frontier = head.Frontier();
        var (anchors, erasures) = (head.Counts.Anchors, head.Counts.Erasures);
        foreach (var entry in entries)
        {
            frontier.Append(MerkleHash.Leaf(entry.Bytes.Span));
            if (entry.Kind == LedgerEntryKind.Anchor)
                anchors++;
            else if (entry.Kind == LedgerEntryKind.Erasure)
                erasures++;
            // Audit roots are the rest of the log. A count of their own would change the state root of ledgers that have none.
        }
        return head with
        {
            LogSize = frontier.Size,
            LogFrontier = frontier.Hashes,
            Counts = new LedgerCounts(anchors, erasures, head.Counts.Transactions + (ulong)transactions),
        };
    }

    private static string? FindFault(
        Genesis genesis, ImmutableArray<ReadOnlyMemory<byte>> transactions, Func<EntryKey, bool> isTaken, out List<LedgerEntry> entries)
    {
        entries = [];
        if (transactions.Length > Block.MaxTransactions)
            return $"it has more than {Block.MaxTransactions} transactions";
        var seen = new HashSet<EntryKey>();
        foreach (var bytes in transactions)
        {
            AnchorBatch batch;
            try
            {
                batch = AnchorBatch.Parse(bytes);
            }
            catch (MalformedException malformed)
            {
                return malformed.Message;
            }
            if (batch.Network != genesis.Network || bytes.Length > genesis.Parameters.MaxBatchBytes ||
                batch.Entries.Length > genesis.Parameters.MaxBatchEntries)
                return "a batch is of another network, or beyond the limits";
            if (!batch.VerifySignature())
                return "a batch is not signed by its recorder";
            foreach (var entry in batch.Entries)
            {
                // A second anchor of one session by one recorder would let two manifests both be "the" manifest.
                if (!seen.Add(EntryPool.KeyOf(entry)) || isTaken(EntryPool.KeyOf(entry)))
                    return $"the {entry.Kind} of session {entry.Session} is there already";
                // Numbers without a hole make the roots of an audit log one list: whoever has the last one knows how many there are.
                if (entry.Follows is { } before && EntryPool.KeyOf(entry) with { Session = before } is var follows && !seen.Contains(follows) && !isTaken(follows))
                    return $"the {entry.Kind} {entry.Session} is there, and the one that it follows is not";
            }
            entries.AddRange(batch.Entries);
            if (entries.Count > genesis.Parameters.MaxBlockEntries)
                return $"it has more than {genesis.Parameters.MaxBlockEntries} entries";
        }
        return null;
    }

    private static Hash256 TransactionsRoot(ImmutableArray<ReadOnlyMemory<byte>> transactions)
    {
        var tree = new MerkleFrontier();
        foreach (var transaction in transactions)
            tree.Append(MerkleHash.Leaf(transaction.Span));
        return tree.Root();
    }
}
