using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;

namespace Lucid.Grains.Chain;

/// <summary>Brings log and index to where the blocks are: the blocks are the truth, the rest follows from them.</summary>
internal static class LedgerRecovery
{
    /// <summary>The state after the last block, with log and index up to it.</summary>
    /// <exception cref="MalformedException">The blocks contradict themselves; nothing is built upon them.</exception>
    public static async Task<LedgerHead> RunAsync(LedgerNode ledger, CancellationToken cancellation)
    {
        var last = await ReadAsync(ledger, ledger.Blocks.Height, cancellation);
        if (ledger.Log.IsDoubted)
            await ledger.Log.TruncateAsync(0, cancellation);
        await FillLogAsync(ledger, last, cancellation);
        if (last is not null && Root(ledger, last.Header.LogSize) != last.Header.LogRoot)
        {
            // Damaged hashes: all of them can be computed again from the blocks.
            await ledger.Log.TruncateAsync(0, cancellation);
            await FillLogAsync(ledger, last, cancellation);
            if (Root(ledger, last.Header.LogSize) != last.Header.LogRoot)
                throw new MalformedException("ledger", $"the entries in the blocks do not give the log root that block {last.Header.Height} states; restore the blocks from a backup or another validator");
        }
        await FillIndexAsync(ledger, cancellation);
        if (last is null)
            return LedgerHead.Before(ledger.Genesis);
        var head = new LedgerHead(
            last.Header.Height, last.Header.Id(), last.Header.TimeMs, last.Header.LogSize, MerkleFrontier.Of(last.Header.LogSize, ledger.LogNodes).Hashes, ledger.Index.Counts);
        return head.StateRoot == last.Header.StateRoot
            ? head
            : throw new MalformedException("ledger", $"the counts in the index do not give the state root of block {last.Header.Height}; delete the index, it is rebuilt from the blocks");
    }

    /// <summary>Makes log and index again from the blocks, where something in them was found not to be right.</summary>
    public static async Task MendAsync(LedgerNode ledger, LedgerHead head, CancellationToken cancellation)
    {
        if (ledger.Log.IsDoubted || Root(ledger, head.LogSize) != head.LogRoot)
        {
            await ledger.Log.TruncateAsync(0, cancellation);
            await FillLogAsync(ledger, await ReadAsync(ledger, head.Height, cancellation), cancellation);
        }
        await FillIndexAsync(ledger, cancellation);
    }

    private static async Task FillLogAsync(LedgerNode ledger, Block? last, CancellationToken cancellation)
    {
        var size = last?.Header.LogSize ?? 0;
        if (ledger.Log.Size > size)
            await ledger.Log.TruncateAsync(size, cancellation);
        // Back to the first block whose entries are missing, then forward again.
        var missing = new Stack<ulong>();
        for (var height = ledger.Blocks.Height; ledger.Log.Size < size; height--)
        {
            missing.Push(height);
            if (await LogSizeAsync(ledger, height - 1, cancellation) <= ledger.Log.Size)
                break;
        }
        foreach (var height in missing)
        {
            var block = (await ReadAsync(ledger, height, cancellation))!;
            var first = block.Header.LogSize;
            var entries = LedgerTransition.Entries(block.Transactions);
            first -= (ulong)entries.Length;
            await ledger.Log.AppendAsync([.. entries.Skip((int)(ledger.Log.Size - first)).Select(entry => entry.Bytes)], cancellation);
        }
    }

    private static async Task FillIndexAsync(LedgerNode ledger, CancellationToken cancellation)
    {
        if (ledger.Index.IsDoubted)
            await ledger.Index.ResetAsync(cancellation);
        while (ledger.Index.Height < ledger.Blocks.Height)
        {
            var block = (await ReadAsync(ledger, ledger.Index.Height + 1, cancellation))!;
            await ApplyAsync(ledger, block, LedgerTransition.Entries(block.Transactions), cancellation);
        }
    }

    /// <summary>Enters a final block, which adds these entries, into the index.</summary>
    public static Task ApplyAsync(
        LedgerNode ledger, Block block, ImmutableArray<LedgerEntry> entries, CancellationToken cancellation) =>
        ledger.Index.ApplyAsync(
            block.Header, block.EncodedLength(), entries, block.Header.LogSize - (ulong)entries.Length, cancellation);

    private static async Task<Block?> ReadAsync(LedgerNode ledger, ulong height, CancellationToken cancellation)
    {
        if (height == 0)
            return null;
        return await ledger.Blocks.ReadAsync(height, cancellation)
            ?? throw new MalformedException("ledger", $"block {height} is missing below block {ledger.Blocks.Height}");
    }

    private static async Task<ulong> LogSizeAsync(LedgerNode ledger, ulong height, CancellationToken cancellation) =>
        (await ReadAsync(ledger, height, cancellation))?.Header.LogSize ?? 0;

    private static Hash256 Root(LedgerNode ledger, ulong size) => MerkleFrontier.Of(size, ledger.LogNodes).Root();
}
