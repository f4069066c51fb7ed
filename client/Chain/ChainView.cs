using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>What a ledger is. Hashes are 64 hexadecimal digits.</summary>
/// <param name="NetworkName">What people call the network.</param>
/// <param name="Network">Its id, which is the hash of its genesis.</param>
/// <param name="NodeId">The node that answers.</param>
/// <param name="Validator">The validator that the node is.</param>
/// <param name="BlockIntervalMs">From block to block.</param>
/// <param name="Height">Of the newest block.</param>
/// <param name="LatestBlockId">The newest block's hash.</param>
/// <param name="LatestBlockTime">The newest block's time.</param>
/// <param name="LogSize">Entries in the log.</param>
/// <param name="LogRoot">The log's root.</param>
/// <param name="Anchors">Sessions that are anchored.</param>
/// <param name="Erasures">Sessions whose erasure is anchored.</param>
/// <param name="Transactions">In all blocks.</param>
/// <param name="Validators">How many there are.</param>
/// <param name="Fingerprint">Of the validator set, for people to compare.</param>
/// <param name="LogVkey">The log's own key as a C2SP vkey: what a stock client of tiled logs is configured with.</param>
/// <param name="CosignerVkeys">The validators' cosigning keys as vkeys, in the order of the set.</param>
public sealed record ChainInfo(
    string NetworkName, string Network, string NodeId, string Validator, int BlockIntervalMs, ulong Height, string LatestBlockId, DateTimeOffset LatestBlockTime, ulong LogSize, string LogRoot,
    ulong Anchors, ulong Erasures, ulong Transactions, int Validators, string Fingerprint, string LogVkey, ImmutableArray<string> CosignerVkeys);

/// <summary>Whether a ledger moves.</summary>
/// <param name="Status">healthy or waiting.</param>
/// <param name="Waiting">Why no block is being made, in a sentence with the cure; null where one is.</param>
/// <param name="Height">Of the newest block.</param>
/// <param name="Round">The consensus round of the height being decided.</param>
/// <param name="LastBlockTime">The newest block's time.</param>
/// <param name="NextBlockDue">When the next one is due.</param>
/// <param name="Pending">Entries that wait for a block.</param>
/// <param name="PublishedSize">Of the log under the newest checkpoint.</param>
public sealed record ChainStatus(string Status, string? Waiting, ulong Height, int Round, DateTimeOffset LastBlockTime, DateTimeOffset? NextBlockDue, int Pending, ulong PublishedSize);

/// <summary>A block, in lists.</summary>
/// <param name="Height">From 0.</param>
/// <param name="BlockId">Its hash: 64 hexadecimal digits.</param>
/// <param name="Timestamp">Its time.</param>
/// <param name="TransactionCount">Transactions in it.</param>
/// <param name="SizeBytes">How long it is.</param>
/// <param name="Entries">Entries that it adds to the log.</param>
/// <param name="Validator">The proposer's name.</param>
public sealed record BlockSummary(ulong Height, string BlockId, DateTimeOffset Timestamp, int TransactionCount, long SizeBytes, ulong Entries, string Validator);

/// <summary>A page of blocks.</summary>
/// <param name="Blocks">Those on it.</param>
/// <param name="Pagination">Where it stands in the list.</param>
public sealed record BlockPage(ImmutableArray<BlockSummary> Blocks, Pagination Pagination);

/// <summary>A block. Hashes are 64 hexadecimal digits.</summary>
/// <param name="Height">From 0.</param>
/// <param name="BlockId">Its hash.</param>
/// <param name="PreviousId">The hash of the one before.</param>
/// <param name="Timestamp">Its time.</param>
/// <param name="Validator">The proposer's name.</param>
/// <param name="NodeId">The proposer's node.</param>
/// <param name="Round">The consensus round that it was decided in.</param>
/// <param name="TransactionCount">Transactions in it.</param>
/// <param name="TransactionsRoot">The root over them.</param>
/// <param name="StateRoot">The root over the ledger's state behind it.</param>
/// <param name="LogSize">Entries in the log behind it.</param>
/// <param name="LogRoot">The log's root behind it.</param>
/// <param name="Entries">Entries that it adds to the log.</param>
/// <param name="SizeBytes">How long it is.</param>
/// <param name="ValidatorsHash">Of the validator set that decided it.</param>
/// <param name="Transactions">Those in it.</param>
public sealed record BlockView(
    ulong Height, string BlockId, string PreviousId, DateTimeOffset Timestamp, string Validator, string NodeId, int Round, int TransactionCount, string TransactionsRoot, string StateRoot,
    ulong LogSize, string LogRoot, ulong Entries, long SizeBytes, string ValidatorsHash, ImmutableArray<TransactionView> Transactions) : Tagged;

/// <summary>A transaction.</summary>
/// <param name="TransactionId">Its hash: 64 hexadecimal digits.</param>
/// <param name="Type">What it does.</param>
/// <param name="SizeBytes">How long it is.</param>
/// <param name="Entries">Entries that it adds to the log.</param>
public sealed record TransactionView(string TransactionId, string Type, long SizeBytes, int Entries);

/// <summary>Where a session's anchor stands.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Status">pending or confirmed.</param>
/// <param name="ManifestSha256">What is anchored: 64 hexadecimal digits.</param>
/// <param name="MerkleRoot">The root over the session's leaves: 64 hexadecimal digits.</param>
/// <param name="Waiting">What a pending anchor waits for, in words.</param>
/// <param name="LogIndex">Its entry in the log, once it is confirmed.</param>
/// <param name="BlockHeight">The block that holds it, once it is confirmed.</param>
/// <param name="ConfirmedAt">That block's time.</param>
public sealed record AnchoringStatus(
    Guid SessionId, string Status, string ManifestSha256, string MerkleRoot, string? Waiting, ulong? LogIndex, long? BlockHeight, DateTimeOffset? ConfirmedAt);

/// <summary>Whether a session is anchored with a root.</summary>
/// <param name="Verified">The log holds that session, with that root.</param>
/// <param name="MerkleRootMatches">The root is that of the session's manifest.</param>
/// <param name="MerkleProofValid">The log's inclusion proof of the session's anchor was checked and is right.</param>
/// <param name="LogIndex">Its entry in the log.</param>
/// <param name="BlockHeight">The block that holds it.</param>
/// <param name="ConfirmationTime">That block's time.</param>
public sealed record AnchoringVerdict(bool Verified, bool MerkleRootMatches, bool MerkleProofValid, ulong? LogIndex, ulong? BlockHeight, DateTimeOffset? ConfirmationTime);

/// <summary>An inclusion proof of RFC 6962. Hashes are 64 hexadecimal digits.</summary>
/// <param name="RootHash">Of the tree.</param>
/// <param name="LeafHash">Of the leaf.</param>
/// <param name="ProofPath">The hashes beside the way from the leaf to the root, the lowest first.</param>
/// <param name="LeafIndex">Where the leaf stands, from 0.</param>
/// <param name="TreeSize">Leaves in the tree.</param>
public sealed record MerkleProof(string RootHash, string LeafHash, ImmutableArray<string> ProofPath, ulong LeafIndex, ulong TreeSize);

internal sealed record MerkleVerdict(bool Verified);

internal sealed record AnchoringQuestion(Guid SessionId, string MerkleRoot);
