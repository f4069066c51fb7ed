using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Grains.Chain;

/// <summary>The ledger's state after a block: what the next block builds on. A pure function of the blocks before it.</summary>
/// <param name="Height">0 before the first block.</param>
/// <param name="Id">The block's id; the network's before the first block.</param>
/// <param name="TimeMs">The block's time; the genesis time before the first block.</param>
/// <param name="LogSize">Entries of the log.</param>
/// <param name="LogFrontier">The subtrees that the log's root is made of.</param>
public sealed record LedgerHead(
    ulong Height, Hash256 Id, long TimeMs, ulong LogSize, ImmutableArray<Hash256> LogFrontier, LedgerCounts Counts)
{
    public static LedgerHead Before(Genesis genesis) =>
        new(0, genesis.Network, genesis.TimeMs, 0, [], new LedgerCounts(0, 0, 0));

    public Hash256 LogRoot => Frontier().Root();

    /// <summary>
    /// What headers carry as the state's root: SHA-256 of `lucid.state/1`, log size, log root and the counts of anchors, erasures and
    /// transactions, one line each.
    /// </summary>
    public Hash256 StateRoot => Hash256.Of(new RecordWriter().Line("lucid.state/1"u8)
        .Line(LogSize).Line(LogRoot).Line(Counts.Anchors).Line(Counts.Erasures).Line(Counts.Transactions).ToArray());

    internal MerkleFrontier Frontier() => MerkleFrontier.Restore(LogSize, LogFrontier.AsSpan());
}
