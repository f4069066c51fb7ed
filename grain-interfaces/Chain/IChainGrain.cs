using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// One node's ledger, by the node's id. It runs where that node's disk is, drives consensus, and makes or follows a block every interval.
/// The node calls <see cref="StartAsync"/> once it is up. It calls no other grain, so that anyone may call it.
/// </summary>
public interface IChainGrain : IGrain
{
    /// <summary>Wakes the grain and keeps it awake, also after a restart. Repeating it is harmless.</summary>
    Task StartAsync();

    Task<ChainInfo> InfoAsync();

    Task<ChainStatus> StatusAsync();

    /// <summary>The last final block, or height 0 with the network's id and the genesis time before the first one.</summary>
    Task<BlockPoint> LatestAsync();

    /// <summary>The block of a height (from 1); null where there is none yet.</summary>
    Task<BlockView?> BlockAsync(ulong height);

    /// <summary>The block with that id; null where there is none.</summary>
    Task<BlockView?> BlockByIdAsync(Hash256 id);

    /// <exception cref="Sessions.InvalidRequestException">A value of the query is out of its range.</exception>
    Task<BlockPage> BlocksAsync(BlockQuery query);

    /// <summary>The exact bytes of a block's header and certificate; null where there is no such block yet.</summary>
    Task<CertifiedHeader?> HeaderAsync(ulong height);

    /// <summary>The text of the validator set, as <see cref="Evidence.Ledger.ValidatorSet"/> reads it.</summary>
    Task<byte[]> ValidatorsAsync();

    /// <summary>The bytes of the genesis, as <see cref="Evidence.Ledger.Genesis"/> reads them.</summary>
    Task<byte[]> GenesisAsync();
}

/// <param name="Height">From 1; 0 is the genesis.</param>
/// <param name="Id">The block's id, or the network's.</param>
/// <param name="TimeMs">Unix time in milliseconds.</param>
public sealed record BlockPoint(ulong Height, Hash256 Id, long TimeMs);

/// <param name="Header">As <see cref="Evidence.Ledger.BlockHeader"/> reads it.</param>
/// <param name="Certificate">As <see cref="Evidence.Ledger.CommitCertificate"/> reads it.</param>
public sealed record CertifiedHeader(ulong Height, byte[] Header, byte[] Certificate);

/// <param name="Fingerprint">Of the validator set, for people to compare.</param>
/// <param name="LogSize">Entries in the log.</param>
/// <param name="LogVkey">The log's own key as a C2SP vkey: what a stock client of tiled logs is configured with.</param>
/// <param name="CosignerVkeys">The validators' cosigning keys as vkeys, in the order of the set.</param>
public sealed record ChainInfo(
    string NetworkName, Hash256 Network, string NodeId, string Validator, int BlockIntervalMs, ulong Height, Hash256 LatestBlockId,
    DateTimeOffset LatestBlockTime, ulong LogSize, Hash256 LogRoot, ulong Anchors, ulong Erasures, ulong Transactions, int Validators,
    string Fingerprint, string LogVkey, ImmutableArray<string> CosignerVkeys);

/// <param name="Status">healthy, or waiting with a reason.</param>
/// <param name="Waiting">Why no block is being made, in a sentence with the cure; null where one is.</param>
/// <param name="Round">The consensus round of the height being decided.</param>
/// <param name="Pending">Entries that wait for a block.</param>
public sealed record ChainStatus(
    string Status, string? Waiting, ulong Height, int Round, DateTimeOffset LastBlockTime, DateTimeOffset? NextBlockDue, int Pending,
    ulong PublishedSize);

/// <param name="Validator">The proposer's name.</param>
public sealed record BlockSummary(
    ulong Height, Hash256 BlockId, DateTimeOffset Timestamp, int TransactionCount, long SizeBytes, ulong Entries, string Validator);

/// <param name="TransactionsRoot">RFC 6962 root over the transactions.</param>
/// <param name="Entries">How many entries this block added to the log.</param>
/// <param name="Transactions">At most the first 100.</param>
public sealed record BlockView(
    ulong Height, Hash256 BlockId, Hash256 PreviousId, DateTimeOffset Timestamp, string Validator, string NodeId, int Round,
    int TransactionCount, Hash256 TransactionsRoot, Hash256 StateRoot, ulong LogSize, Hash256 LogRoot, ulong Entries, long SizeBytes,
    Hash256 ValidatorsHash, ImmutableArray<TransactionView> Transactions);

/// <param name="Type">anchor_batch.</param>
public sealed record TransactionView(Hash256 TransactionId, string Type, long SizeBytes, int Entries);

/// <param name="Page">From 1.</param>
/// <param name="Limit">1 to 100.</param>
/// <param name="From">Lowest height; null for 1.</param>
/// <param name="To">Highest height; null for the latest.</param>
/// <param name="Ascending">Oldest first; else newest first.</param>
public sealed record BlockQuery(int Page, int Limit, ulong? From, ulong? To, bool Ascending);

/// <param name="Total">Blocks in the asked range over all pages.</param>
public sealed record BlockPage(ImmutableArray<BlockSummary> Blocks, ulong Total);

/// <summary>Told, by node id, when a block is final and stored on that node.</summary>
public sealed record BlockCommitted(ulong Height, Hash256 Id, long TimeMs, ulong LogSize);
