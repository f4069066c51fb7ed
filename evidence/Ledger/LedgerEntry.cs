using Lucid.Evidence.Keys;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Ledger;

/// <summary>What an entry of the log is.</summary>
public enum LedgerEntryKind
{
    /// <summary>A session's anchor.</summary>
    Anchor = 1,

    /// <summary>That a session's content was erased.</summary>
    Erasure = 2,

    /// <summary>The root of a node's audit log.</summary>
    AuditRoot = 3,
}

/// <summary>
/// One entry of the log as the ledger handles it: its exact bytes (which are the leaf), and the three values by which it is unique. The
/// fields that the ledger does not look at are read by <see cref="LogEntry"/>.
/// </summary>
/// <param name="Session">The session it is about; of an audit root <see cref="Records.AuditRoot.IdOf"/> its number.</param>
/// <param name="Recorder">The recorder's identity key.</param>
/// <param name="Bytes">The record, a slice of what it was read from.</param>
public sealed record LedgerEntry(LedgerEntryKind Kind, Guid Session, Ed25519PublicKey Recorder, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>What stands for the session in the key of the entry that has to be in the ledger before this one; null where none has to.</summary>
    public Guid? Follows { get; init; }

    /// <summary>No entry is shorter.</summary>
    public const int MinBytes = 180;

    /// <summary>No entry is longer: far below the 65,535 bytes that an entry bundle can hold.</summary>
    public const int MaxBytes = 1024;

    /// <exception cref="MalformedException">Not one anchor, erasure or audit root.</exception>
    public static LedgerEntry Parse(ReadOnlyMemory<byte> bytes)
    {
        var reader = new RecordReader("log entry", bytes.Span);
        var entry = Read(ref reader, bytes);
        reader.End();
        return entry;
    }

    /// <summary>Reads the entry where the reader stands in <paramref name="bytes"/>.</summary>
    internal static LedgerEntry Read(ref RecordReader reader, ReadOnlyMemory<byte> bytes)
    {
        var start = reader.Position;
        var entry = LogEntry.ReadAny(ref reader);
        var kind = entry switch
        {
            Erasure => LedgerEntryKind.Erasure,
            AuditRoot => LedgerEntryKind.AuditRoot,
            _ => LedgerEntryKind.Anchor,
        };
        return new LedgerEntry(kind, entry.Session, entry.Recorder, bytes[start..reader.Position])
        {
            Follows = entry is AuditRoot { Number: > 1 } root ? AuditRoot.IdOf(root.Number - 1) : null,
        };
    }
}
