using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// The way into the log and its receipts, by the id of the node that holds the ledger. Entries wait in the node's memory until a block takes
/// them: after a crash they are gone, so whoever submits one keeps submitting (a reminder will do) until it is committed. It calls no other
/// grain; it tells sessions by <see cref="LogEntryCommitted"/>.
/// </summary>
public interface ILogGrain : IGrain
{
    /// <summary>Hands in an anchor or erasure record of this node's recorder. The same bytes again answer where they stand.</summary>
    /// <exception cref="Sessions.InvalidRequestException">
    /// Not such a record, or another recorder's: its signed transaction goes to <see cref="SubmitSignedAsync"/>.
    /// </exception>
    /// <exception cref="EntryConflictException">Other bytes are there for that session, recorder and kind.</exception>
    /// <exception cref="LogBusyException">Too many entries wait for a block.</exception>
    Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry);

    /// <summary>
    /// Hands in an anchor or erasure record of any recorder, which that one signed: an <see cref="AnchorBatch"/> of the one entry, which goes
    /// into a block as it is. The same entry again answers where it stands, and the transaction that came first is kept. The session is told
    /// as those of this node's recorder are, unless the node restarts in between.
    /// </summary>
    /// <param name="transaction">At most <see cref="AnchorBatch.Overhead"/> and <see cref="LedgerEntry.MaxBytes"/> bytes together.</param>
    /// <exception cref="Sessions.InvalidRequestException">
    /// Not such a transaction, of more than one entry, for another network, or not signed by the recorder that it names.
    /// </exception>
    /// <exception cref="EntryConflictException">Other bytes are there for that session, recorder and kind.</exception>
    /// <exception cref="LogBusyException">Too many entries wait for a block.</exception>
    Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction);

    /// <summary>Where the entry of that session, recorder and kind stands.</summary>
    Task<EntryStatus> StatusAsync(EntryKey key);

    /// <summary>
    /// The entry's receipt under the first published checkpoint that covers it, with the block whose log that is. Null until such a
    /// checkpoint is published, which is right after the entry's block is final.
    /// </summary>
    Task<LogReceipt?> ReceiptAsync(EntryKey key);

    /// <summary>As <see cref="ReceiptAsync"/>, under the newest published checkpoint: to renew an older receipt.</summary>
    Task<LogReceipt?> RenewAsync(EntryKey key);

    /// <summary>The newest published checkpoint; null before the first.</summary>
    Task<LogCheckpoint?> CheckpointAsync();
}

/// <summary>What an entry of the log is unique by.</summary>
/// <param name="Recorder">The recorder's identity key.</param>
public sealed record EntryKey(Guid Session, Ed25519PublicKey Recorder, LedgerEntryKind Kind);

/// <summary>Where an entry stands.</summary>
public enum EntryState
{
    /// <summary>Not here: never submitted, or lost in a crash before its block.</summary>
    Unknown,

    /// <summary>Waits for a block.</summary>
    Pending,

    /// <summary>In a final block.</summary>
    Committed,

    /// <summary>In a final block that a published checkpoint covers: receipts are served.</summary>
    Published,
}

/// <param name="Index">Its place in the log, once committed.</param>
/// <param name="Height">Its block, once committed.</param>
public sealed record EntryStatus(EntryState State, ulong? Index, ulong? Height);

/// <param name="Proof">The C2SP tlog-proof text.</param>
/// <param name="Block">The first block whose log is exactly the checkpoint's.</param>
/// <param name="BlockTimeMs">That block's time, Unix time in milliseconds.</param>
public sealed record LogReceipt(ulong Index, string Proof, CertifiedHeader Block, long BlockTimeMs);

/// <param name="Note">The signed note.</param>
/// <param name="Height">The first block whose log this is.</param>
public sealed record LogCheckpoint(ulong Size, ulong Height, string Note);

/// <summary>Told, by session id ("D" format), when an entry about that session is in a final block and its receipt is served.</summary>
public sealed record LogEntryCommitted(Guid Session, ulong Height, ulong Index, LedgerEntryKind Kind);

/// <summary>The session has another entry of that kind by that recorder already. A mistake of the submitter: an entry is made once.</summary>
public sealed class EntryConflictException : GrainException
{
    public EntryConflictException(string message) : base(message) { }
}

/// <summary>Too many entries wait for a block. Nothing was done; submit again after the next block.</summary>
public sealed class LogBusyException : GrainException
{
    public LogBusyException(string message) : base(message) { }
}
