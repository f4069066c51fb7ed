using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Proofs;

/// <summary>
/// Everything that shows offline that an entry is in a log (C2SP tlog-proof@v1): its index, the inclusion proof, and the checkpoint with
/// its signatures. To trust one takes three checks, each the caller's to ask for: the checkpoint's origin, the note's signatures
/// (<see cref="SignedNote.Verify"/>), and <see cref="VerifyInclusion"/>.
/// </summary>
public sealed class TlogProof
{
    /// <summary>Most bytes of extra data.</summary>
    public const int MaxExtraBytes = 64 * 1024;

    /// <summary>Most bytes in one proof: a note, the extra data in base 64, and room for the rest.</summary>
    public const int MaxBytes = SignedNote.MaxBytes + (2 * MaxExtraBytes);

    private const string Record = "tlog-proof";
    private const int MaxHashes = 64;
    private static ReadOnlySpan<byte> ExtraStart => "extra "u8;
    private static ReadOnlySpan<byte> IndexStart => "index "u8;

    /// <param name="index">The entry's index in the log.</param>
    /// <param name="proof">Its inclusion proof in the checkpoint's tree, lowest hash first; at most 64.</param>
    /// <param name="note">The signed checkpoint.</param>
    /// <param name="extra">Data for the application, or nothing.</param>
    /// <exception cref="MalformedException">The note's text is no checkpoint.</exception>
    /// <exception cref="ArgumentException">The proof or the extra data are too long.</exception>
    public TlogProof(ulong index, ImmutableArray<Hash256> proof, SignedNote note, ReadOnlyMemory<byte> extra = default)
    {
        if (proof.Length > MaxHashes)
            throw new ArgumentException($"An inclusion proof has at most {MaxHashes} hashes, not {proof.Length}.", nameof(proof));
        if (extra.Length > MaxExtraBytes)
            throw new ArgumentException($"Extra data have at most {MaxExtraBytes} bytes, not {extra.Length}.", nameof(extra));
        (Index, Proof, Note, Extra) = (index, proof, note, extra);
        Checkpoint = Checkpoint.Parse(note.TextBytes);
    }

    /// <summary>The entry's index in the log, from 0.</summary>
    public ulong Index { get; }

    /// <summary>The inclusion proof, from the leaf's sibling up.</summary>
    public ImmutableArray<Hash256> Proof { get; }

    /// <summary>The checkpoint with its signatures, verbatim.</summary>
    public SignedNote Note { get; }

    /// <summary>What the note says.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Opaque data; nothing authenticates them. Empty if there are none. Lucid writes none.</summary>
    public ReadOnlyMemory<byte> Extra { get; }

    /// <summary>Reads a proof and nothing after it. Nothing is verified.</summary>
    /// <exception cref="MalformedException">Not a proof in its one encoding.</exception>
    public static TlogProof Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedException(Record, $"{bytes.Length} bytes; at most {MaxBytes} are read");
        var reader = new RecordReader(Record, bytes);
        reader.Literal("c2sp.org/tlog-proof@v1"u8);
        var line = reader.Line();
        byte[] extra = [];
        if (line.StartsWith(ExtraStart))
        {
            if (!CanonicalBase64.TryDecode(line[ExtraStart.Length..], out extra) || extra.Length is 0 or > MaxExtraBytes)
                throw reader.Refuse($"1 to {MaxExtraBytes} bytes of extra data in base 64", line);
            line = reader.Line();
        }
        if (!line.StartsWith(IndexStart) || !TryDecimal(line[IndexStart.Length..], out var index))
            throw reader.Refuse("'index' and the entry's index without leading zeros", line);
        var proof = ImmutableArray.CreateBuilder<Hash256>();
        for (line = reader.Line(); !line.IsEmpty; line = reader.Line())
        {
            if (proof.Count == MaxHashes)
                throw reader.Refuse($"an empty line after {MaxHashes} hashes", line);
            if (!CanonicalBase64.TryDecodeHash(line, out var hash))
                throw reader.Refuse("a hash, 32 bytes in base 64, or an empty line", line);
            proof.Add(hash);
        }
        return new TlogProof(index, proof.DrainToImmutable(), SignedNote.Parse(bytes[reader.Position..]), extra);
    }

    /// <summary>The proof's bytes.</summary>
    public byte[] Encode()
    {
        var bytes = new ArrayBufferWriter<byte>();
        Encoding.UTF8.GetBytes("c2sp.org/tlog-proof@v1\n", bytes);
        if (!Extra.IsEmpty)
            Encoding.UTF8.GetBytes($"extra {Convert.ToBase64String(Extra.Span)}\n", bytes);
        Encoding.UTF8.GetBytes($"index {Index}\n", bytes);
        foreach (var hash in Proof)
            Encoding.UTF8.GetBytes($"{Convert.ToBase64String(hash.ToArray())}\n", bytes);
        bytes.Write("\n"u8);
        bytes.Write(Note.Bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Whether the entry with this leaf hash stands at <see cref="Index"/> of the checkpoint's tree. Says nothing about who signed the
    /// checkpoint.
    /// </summary>
    public bool VerifyInclusion(Hash256 leafHash) => InclusionProof.Verify(Index, Checkpoint.Size, leafHash, Proof, Checkpoint.Root);

    private static bool TryDecimal(ReadOnlySpan<byte> digits, out ulong value) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && (digits.Length == 1 || digits[0] != '0');
}
