using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A record of the audit log.</summary>
/// <param name="Index">Its place in the log, from 0.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Kind">Such as authentication.</param>
/// <param name="Action">Such as session_create.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Outcome">begun, success, refused or failed. What begun comes to has a later record with the same request id.</param>
/// <param name="Actor">Who did it; null for strangers.</param>
/// <param name="Role">What they were.</param>
/// <param name="Resource">What it is about, such as session/ID.</param>
/// <param name="Address">Where they called from.</param>
/// <param name="RequestId">What the node's log names the request by.</param>
/// <param name="UserAgent">The program that called.</param>
/// <param name="Details">More, by name.</param>
/// <param name="Hash">SHA-256 of the record's bytes, which the next record names: 64 hexadecimal digits.</param>
public sealed record AuditEventView(
    long Index, DateTimeOffset Time, string Kind, string Action, string Severity, string Outcome, string? Actor, string? Role, string? Resource, string? Address,
    string? RequestId, string? UserAgent, ImmutableSortedDictionary<string, string> Details, string Hash);

/// <summary>A page of records.</summary>
/// <param name="Events">The newest first. A page may be short, or empty, and not be the last one.</param>
/// <param name="Pagination">Its next cursor is null on the last page.</param>
public sealed record AuditEventPage(ImmutableArray<AuditEventView> Events, Pagination Pagination);

/// <summary>Which records are searched for.</summary>
public sealed record AuditFilter
{
    /// <summary>Only those of that kind, such as authentication.</summary>
    public string? Kind { get; init; }

    /// <summary>Only those of that user.</summary>
    public string? Actor { get; init; }

    /// <summary>Only those about it, such as session/ID, or session for all.</summary>
    public string? Resource { get; init; }

    /// <summary>Only those that came to that: begun, success, refused or failed.</summary>
    public string? Outcome { get; init; }

    /// <summary>Not earlier than this.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Not later than this.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only those with all of these words in any field: 1 to 200 characters.</summary>
    public string? Query { get; init; }
}

/// <summary>A record with what proves it.</summary>
/// <param name="Event">The record.</param>
/// <param name="Record">Its exact text.</param>
/// <param name="Proof">Null until the ledger covers it.</param>
public sealed record AuditEventProof(AuditEventView Event, string Record, AuditInclusion? Proof);

/// <summary>An inclusion proof of RFC 6962.</summary>
/// <param name="Size">Of the tree.</param>
/// <param name="Root">Of the tree: 64 hexadecimal digits.</param>
/// <param name="Hashes">Those beside the way from the leaf to the root, the lowest first.</param>
public sealed record AuditInclusion(long Size, string Root, ImmutableArray<string> Hashes);

/// <summary>How far the audit log is anchored.</summary>
/// <param name="Size">Records that there are.</param>
/// <param name="AnchoredSize">Records that the ledger covers.</param>
/// <param name="Number">Of the newest root that the ledger holds.</param>
/// <param name="Root">That root: 64 hexadecimal digits.</param>
/// <param name="LogIndex">Where the ledger's log holds it.</param>
/// <param name="Waiting">What anchoring waits for, in words.</param>
public sealed record AuditCheckpoint(long Size, long AnchoredSize, ulong? Number, string? Root, ulong? LogIndex, string? Waiting);
