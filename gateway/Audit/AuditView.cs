using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;

namespace Lucid.Gateway.Audit;

/// <summary>A record as the API tells it.</summary>
/// <param name="Index">Its place in the log, from 0.</param>
/// <param name="Outcome">begun, success, refused or failed. What begun comes to has a later record with the same request id.</param>
/// <param name="Hash">SHA-256 of the record's bytes, which the next record names.</param>
internal sealed record AuditEventView(
    long Index, DateTimeOffset Time, string Kind, string Action, string Severity, string Outcome, string? Actor, string? Role, string? Resource,
    string? Address, string? RequestId, string? UserAgent, ImmutableSortedDictionary<string, string> Details, Hash256 Hash)
{
    public static AuditEventView Of(StoredRecord stored)
    {
        var one = stored.Record.Event;
        return new AuditEventView(
            stored.Record.Index, DateTimeOffset.FromUnixTimeMilliseconds(one.TimeMs), EnumWords.Of(one.Kind), one.Action, EnumWords.Of(one.Severity),
            EnumWords.Of(one.Outcome), Some(one.Actor), Some(one.Role), Some(one.Resource), Some(one.Address), Some(one.RequestId), Some(one.UserAgent),
            one.Details.ToImmutableSortedDictionary(StringComparer.Ordinal), Hash256.Of(stored.Bytes));
    }

    private static string? Some(string text) => text.Length > 0 ? text : null;
}

/// <summary>One page of records, newest first. A page may be short, or empty, and still not be the last: next_cursor says so.</summary>
internal sealed record AuditEventList(ImmutableArray<AuditEventView> Events, Pagination Pagination);

/// <summary>A record with what proves it.</summary>
/// <param name="Record">Its exact text.</param>
/// <param name="Proof">Where the ledger covers it already.</param>
internal sealed record AuditEventProof(AuditEventView Event, string Record, AuditInclusion? Proof);

/// <param name="Size">Records under the root.</param>
/// <param name="Hashes">RFC 6962, lowest first.</param>
internal sealed record AuditInclusion(long Size, Hash256 Root, ImmutableArray<Hash256> Hashes);

/// <summary>How far the audit log goes, and how far the ledger has it.</summary>
/// <param name="Number">Of the newest root in the ledger, from 1; none before the first.</param>
/// <param name="LogIndex">That root's place in the ledger's log.</param>
/// <param name="Waiting">Why the rest is not anchored, with the cure; none where it will be with the next block.</param>
internal sealed record AuditCheckpoint(long Size, long AnchoredSize, ulong? Number, Hash256? Root, ulong? LogIndex, string? Waiting)
{
    public static AuditCheckpoint Of(AuditHead head, AuditRoot? root) => new(head.Size, head.AnchoredSize, root?.Number, root?.Root, head.LogIndex, head.Waiting);
}
