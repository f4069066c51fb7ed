using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Audit;

/// <summary>
/// The audit log, by the id of the node whose ledger holds its roots: one for a node alone, one for a cluster. Records are only ever appended, each
/// names the hash of the one before, and in every block after which the log has grown its root goes into the ledger. It may run anywhere: what
/// it keeps is state and journal, what it states the ledger's node signs.
/// </summary>
public interface IAuditGrain : IGrain
{
    /// <summary>Appends events in their order, durably: after the return they are in the log for good. One after which nothing was heard may be in it all the same, and is then there twice.</summary>
    /// <returns>The index of the first of them.</returns>
    /// <exception cref="Sessions.InvalidRequestException">No event, more than <see cref="AuditBatch.MaxEvents"/>, or one that no record can hold.</exception>
    /// <exception cref="AuditUnavailableException">The log has lost records that the ledger knows of, or its network cannot be asked for yet.</exception>
    Task<long> AppendAsync(AuditBatch batch);

    /// <summary>The records from an index on, as exact bytes.</summary>
    /// <param name="count">1 to <see cref="AuditPage.MaxRecords"/>.</param>
    Task<AuditPage> ReadAsync(long from, int count);

    /// <summary>How far the log goes, and how far of it the ledger has.</summary>
    Task<AuditHead> HeadAsync();

    /// <summary>The inclusion proof of a record under the root over the first <paramref name="size"/> records; null where there are not so many, or it is none of them.</summary>
    /// <param name="size">Such as <see cref="AuditHead.AnchoredSize"/>: that of a root that the ledger has.</param>
    Task<AuditProof?> ProveAsync(long index, long size);
}

/// <param name="Events">1 to <see cref="MaxEvents"/>.</param>
public sealed record AuditBatch(ImmutableArray<AuditEvent> Events)
{
    /// <summary>Events in one call at most.</summary>
    public const int MaxEvents = 64;
}

/// <param name="Records">As <see cref="AuditRecord"/> reads them; fewer than were asked for where the log ends.</param>
/// <param name="Size">Records in the log.</param>
public sealed record AuditPage(ImmutableArray<byte[]> Records, long Size)
{
    /// <summary>Records in one answer at most.</summary>
    public const int MaxRecords = 256;
}

/// <param name="Size">Records in the log.</param>
/// <param name="Root">The newest <see cref="Evidence.Records.AuditRoot"/> that the ledger has, as its bytes; null before the first.</param>
/// <param name="AnchoredSize">Records that it covers.</param>
/// <param name="LogIndex">Its place in the ledger's log.</param>
/// <param name="Waiting">Why the rest is not anchored, in a sentence with the cure; null where it will be with the next block.</param>
public sealed record AuditHead(long Size, byte[]? Root, long AnchoredSize, ulong? LogIndex, string? Waiting);

/// <param name="Size">Records under the root that the proof is for.</param>
/// <param name="Hashes">Lowest first.</param>
public sealed record AuditProof(long Index, long Size, ImmutableArray<Hash256> Hashes);

/// <summary>The audit log can take no record now. Whoever would act must not act unrecorded: try again later.</summary>
public sealed class AuditUnavailableException : GrainException
{
    public AuditUnavailableException(string message) : base(message) { }
}
