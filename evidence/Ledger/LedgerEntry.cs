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
}

/// <summary>
/// One entry of the log as the ledger handles it: its exact bytes (which are the leaf), and the three values by which it is unique. The
/// fields that the ledger does not look at are read by <see cref="LogEntry"/>.
/// </summary>
/// <param name="Kind">An anchor or an erasure.</param>
/// <param name="Session">The session it is about.</param>
/// <param name="Recorder">The recorder's identity key.</param>
/// <param name="Bytes">The record, a slice of what it was read from.</param>
public sealed record LedgerEntry(LedgerEntryKind Kind, Guid Session, Ed25519PublicKey Recorder, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>No entry is shorter.</summary>
    public const int MinBytes = 180;

    /// <summary>No entry is longer: far below the 65,535 bytes that an entry bundle can hold.</summary>
    public const int MaxBytes = 1024;

    /// <exception cref="MalformedException">Not one anchor or erasure record.</exception>
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
        LogEntry entry = reader.NextIs(Erasure.Kind) ? Erasure.Read(ref reader) : Anchor.Read(ref reader);
        var kind = entry is Erasure ? LedgerEntryKind.Erasure : LedgerEntryKind.Anchor;
        return new LedgerEntry(kind, entry.Session, entry.Recorder, bytes[start..reader.Position]);
    }
}
