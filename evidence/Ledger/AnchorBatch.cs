using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// A transaction: entries for the log, all of one recorder and signed by it. The text is
/// `lucid.anchor-batch/1\n&lt;network&gt;\n&lt;recorder key hex&gt;\n&lt;count&gt;\n`, the entries (each an anchor, an erasure or an audit root), and the
/// signature over all of that as a line of 128 hexadecimal digits.
/// </summary>
public sealed class AnchorBatch
{
    /// <summary>The bytes beyond the entries at most: head and signature.</summary>
    public const int Overhead = 288;

    private const int SignatureLine = 129;
    private readonly ReadOnlyMemory<byte> _bytes;

    private AnchorBatch(Hash256 network, Ed25519PublicKey recorder, ImmutableArray<LedgerEntry> entries, ReadOnlyMemory<byte> bytes) =>
        (Network, Recorder, Entries, _bytes) = (network, recorder, entries, bytes);

    public Hash256 Network { get; }

    /// <summary>The identity key of the recorder that every entry names, and that signed the batch.</summary>
    public Ed25519PublicKey Recorder { get; }

    /// <summary>At least one, in the order in which they join the log.</summary>
    public ImmutableArray<LedgerEntry> Entries { get; }

    /// <summary>The encoding.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The transaction's id: SHA-256 of its bytes.</summary>
    public Hash256 Id() => Hash256.Of(_bytes.Span);

    /// <summary>Whether the recorder signed the batch.</summary>
    public bool VerifySignature()
    {
        Span<byte> signature = stackalloc byte[64];
        return Convert.FromHexString(_bytes.Span[^SignatureLine..^1], signature, out _, out _) == System.Buffers.OperationStatus.Done &&
            Recorder.Verify(_bytes.Span[..^SignatureLine], signature);
    }

    /// <param name="recorder">The recorder's identity key.</param>
    /// <param name="entries">At least one, each naming that recorder.</param>
    /// <param name="sign">Signs a message with the recorder's identity key: 64 bytes.</param>
    public static AnchorBatch Create(
        Hash256 network, Ed25519PublicKey recorder, IReadOnlyCollection<LedgerEntry> entries, Func<ReadOnlyMemory<byte>, byte[]> sign)
    {
        if (entries.Count == 0)
            throw new ArgumentException("A batch has at least one entry.", nameof(entries));
        var writer = new RecordWriter().Line("lucid.anchor-batch/1"u8).Line(network).Line(recorder.ToString()).Line((ulong)entries.Count);
        foreach (var entry in entries)
        {
            if (!entry.Recorder.Equals(recorder))
                throw new ArgumentException($"The {entry.Kind} {entry.Session} names another recorder.", nameof(entries));
            writer.Raw(entry.Bytes.Span);
        }
        var signed = writer.ToArray();
        return Parse(writer.Hex(sign(signed)).ToArray());
    }

    /// <summary>Reads the form. The signature is checked by <see cref="VerifySignature"/>, limits and uniqueness by the ledger.</summary>
    /// <exception cref="MalformedException">Not what <see cref="Create"/> writes.</exception>
    public static AnchorBatch Parse(ReadOnlyMemory<byte> bytes)
    {
        var reader = new RecordReader("anchor batch", bytes.Span);
        reader.Literal("lucid.anchor-batch/1"u8);
        var network = reader.Hash("the network's id");
        var recorder = new Ed25519PublicKey(reader.Hex("the recorder's key", Hash256.Size));
        // A count only bounds memory together with the bytes that must follow it: no entry is shorter than this.
        var count = reader.SmallNumber("the number of entries", bytes.Length / LedgerEntry.MinBytes);
        if (count == 0)
            throw reader.Refuse("at least one entry", "0"u8);
        var entries = ImmutableArray.CreateBuilder<LedgerEntry>(count);
        while (entries.Count < count)
        {
            var entry = LedgerEntry.Read(ref reader, bytes);
            if (!entry.Recorder.Equals(recorder))
                throw new MalformedException("anchor batch", string.Create(CultureInfo.InvariantCulture,
                    $"entry {entries.Count} names another recorder than the one that signed"));
            entries.Add(entry);
        }
        reader.Hex("the signature", 64);
        reader.End();
        return new AnchorBatch(network, recorder, entries.MoveToImmutable(), bytes);
    }
}
