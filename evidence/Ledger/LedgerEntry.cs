using Lucid.Evidence.Keys;

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
/// One entry of the log as the ledger handles it: its exact bytes (which are the leaf), and the three values by which it is unique.
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
        var kind = reader.NextIs("lucid.erasure/1"u8) ? LedgerEntryKind.Erasure : LedgerEntryKind.Anchor;
        reader.Literal(kind == LedgerEntryKind.Erasure ? "lucid.erasure/1"u8 : "lucid.anchor/1"u8);
        var session = reader.Session();
        var recorder = new Ed25519PublicKey(reader.Hex("the recorder's key", Hash256.Size));
        reader.Hash("the manifest's hash");
        if (kind == LedgerEntryKind.Anchor)
        {
            reader.Hash("the session's root");
            reader.Hash("the owner commitment");
            reader.Number("the start in ms");
            reader.Unsigned("the number of leaves");
        }
        else
        {
            reader.Number("the time of erasure in ms");
        }
        return new LedgerEntry(kind, session, recorder, bytes[start..reader.Position]);
    }
}
