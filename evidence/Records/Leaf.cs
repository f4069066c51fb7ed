using System.Text;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Records;

/// <summary>
/// One leaf of a session's Merkle tree: a sealed chunk, or a stretch of time that was not recorded. Its encoding is what the tree hashes.
/// </summary>
/// <remarks>
/// A leaf's index is its position in the session's tree: the first is 0 and none is skipped or repeated. A gap stands in the place of a chunk
/// that never came, or, for a stretch of time in which none was due, after the last chunk. <see cref="LeafTotals.Add"/> holds to that.
/// </remarks>
/// <param name="Session">The session, the same in each of its leaves: a leaf cannot be moved to another session.</param>
/// <param name="Index">Counted over the whole session, all tracks, from 0 to <see cref="MaxIndex"/>.</param>
/// <param name="Track">The stream within the session, from 0 to <see cref="MaxTrack"/>.</param>
/// <param name="StartMs">Where it begins, in milliseconds since the session's start, at most <see cref="MaxMs"/>.</param>
/// <param name="EndMs">Where it ends, not before it begins.</param>
public abstract record Leaf(Guid Session, ulong Index, int Track, long StartMs, long EndMs)
{
    /// <summary>The largest index: ten decimal digits, the width of a chunk's name in an evidence file.</summary>
    public const ulong MaxIndex = 9_999_999_999;

    /// <summary>The largest number of a track.</summary>
    public const int MaxTrack = 255;

    /// <summary>The largest time, 2^53 - 1 ms: what every JSON reader holds exactly.</summary>
    public const long MaxMs = (1L << 53) - 1;

    /// <summary>No leaf's encoding is longer than this, in bytes.</summary>
    public const int MaxEncodedLength = 512;

    private protected const string Record = "leaf";

    /// <summary>The leaf's bytes: <c>lucid.leaf/1</c> or <c>lucid.gap/1</c> and its fields, one a line.</summary>
    /// <exception cref="InvalidOperationException">A field is out of its range, so that no parser would read it back.</exception>
    public abstract byte[] Encode();

    /// <summary>The leaf's hash in the session's tree: RFC 6962, of <see cref="Encode"/>.</summary>
    public Hash256 Hash() => MerkleHash.Leaf(Encode());

    /// <summary>Reads exactly one leaf.</summary>
    /// <exception cref="MalformedException">These are not the bytes of a leaf as <see cref="Encode"/> writes it.</exception>
    public static Leaf Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(Record, bytes);
        var leaf = Read(ref reader);
        reader.End();
        return leaf;
    }

    /// <summary>Reads one leaf where other lines may follow.</summary>
    internal static Leaf Read(ref RecordReader reader) =>
        reader.NextIs(GapLeaf.Kind) ? GapLeaf.ReadGap(ref reader) : ChunkLeaf.ReadChunk(ref reader);

    private protected static (Guid Session, ulong Index, int Track, long Start, long End) ReadPlace(ref RecordReader reader)
    {
        var session = reader.Session();
        var index = reader.Unsigned("an index", MaxIndex);
        var track = reader.SmallNumber("a track", MaxTrack);
        var start = reader.Number("a start in ms", MaxMs);
        var end = reader.Number("an end in ms", MaxMs);
        if (end < start)
            throw reader.Refuse($"an end at or after the start, {start}", Encoding.UTF8.GetBytes($"{end}"));
        return (session, index, track, start, end);
    }

    private protected RecordWriter WritePlace(ReadOnlySpan<byte> kind)
    {
        if (Index > MaxIndex)
            throw new InvalidOperationException($"A leaf's index is at most {MaxIndex}, not {Index}.");
        if (Track is < 0 or > MaxTrack)
            throw new InvalidOperationException($"A track is a number from 0 to {MaxTrack}, not {Track}.");
        if (StartMs < 0 || EndMs < StartMs || EndMs > MaxMs)
            throw new InvalidOperationException($"A leaf's times rise from 0 to {MaxMs} ms, they are not {StartMs} to {EndMs}.");
        return new RecordWriter().Line(kind).Line(Session).Line(Index).Line((long)Track).Line(StartMs).Line(EndMs);
    }
}

/// <summary>
/// A sealed chunk:
/// <c>lucid.leaf/1\n&lt;session&gt;\n&lt;i&gt;\n&lt;track&gt;\n&lt;start ms&gt;\n&lt;end ms&gt;\n&lt;codec&gt;\n&lt;plain
/// length&gt;\n&lt;cipher length&gt;\n&lt;chunk root hex&gt;\n</c>.
/// </summary>
/// <param name="Codec">How the plaintext was packed before encryption: <see cref="ChunkCodec.Gzip"/> or
/// <see cref="ChunkCodec.None"/>.</param>
/// <param name="PlainLength">Bytes of plaintext, 0 to <see cref="MaxPlainLength"/>.</param>
/// <param name="CipherLength">Bytes stored, 1 to <see cref="MaxCipherLength"/>.</param>
/// <param name="Root">The RFC 6962 root over the 64 KiB segments of the ciphertext.</param>
public sealed record ChunkLeaf(
    Guid Session, ulong Index, int Track, long StartMs, long EndMs, string Codec, int PlainLength, int CipherLength, Hash256 Root)
    : Leaf(Session, Index, Track, StartMs, EndMs)
{
    /// <summary>The most plaintext that a chunk holds: 10 MiB.</summary>
    public const int MaxPlainLength = 10 * 1024 * 1024;

    /// <summary>The most that packing and encryption can make of it, with room to spare: 11 MiB. No reader buffers more for one
    /// chunk.</summary>
    public const int MaxCipherLength = 11 * 1024 * 1024;

    internal const int LineCount = 10;

    internal static ReadOnlySpan<byte> Kind => "lucid.leaf/1"u8;

    /// <inheritdoc/>
    public override byte[] Encode()
    {
        if (!ChunkCodec.IsKnown(Codec))
            throw new InvalidOperationException($"'{Codec}' is not a codec: gzip or none.");
        if (PlainLength is < 0 or > MaxPlainLength)
            throw new InvalidOperationException($"A chunk holds 0 to {MaxPlainLength} bytes, not {PlainLength}.");
        if (CipherLength is < 1 or > MaxCipherLength)
            throw new InvalidOperationException($"A sealed chunk has 1 to {MaxCipherLength} bytes, not {CipherLength}.");
        return WritePlace(Kind).Line(Codec).Line((long)PlainLength).Line((long)CipherLength).Line(Root).ToArray();
    }

    internal static ChunkLeaf ReadChunk(ref RecordReader reader)
    {
        reader.Literal(Kind);
        var (session, index, track, start, end) = ReadPlace(ref reader);
        var codec = reader.Text(16, "a codec");
        if (!ChunkCodec.IsKnown(codec))
            throw reader.Refuse("a codec, gzip or none", Encoding.UTF8.GetBytes(codec));
        var plain = reader.SmallNumber("a plain length", MaxPlainLength);
        var cipher = reader.SmallNumber("a cipher length", MaxCipherLength);
        if (cipher == 0)
            throw reader.Refuse("a cipher length of at least 1", "0"u8);
        return new ChunkLeaf(session, index, track, start, end, codec, plain, cipher, reader.Hash("a chunk root"));
    }
}

/// <summary>
/// A stretch of time that was not recorded:
/// <c>lucid.gap/1\n&lt;session&gt;\n&lt;i&gt;\n&lt;track&gt;\n&lt;start ms&gt;\n&lt;end ms&gt;\n&lt;cause&gt;\n</c>.
/// </summary>
/// <param name="Cause">Why.</param>
public sealed record GapLeaf(Guid Session, ulong Index, int Track, long StartMs, long EndMs, GapCause Cause)
    : Leaf(Session, Index, Track, StartMs, EndMs)
{
    internal const int LineCount = 7;

    internal static ReadOnlySpan<byte> Kind => "lucid.gap/1"u8;

    /// <inheritdoc/>
    public override byte[] Encode() => WritePlace(Kind).Line(Cause.Name()).ToArray();

    internal static GapLeaf ReadGap(ref RecordReader reader)
    {
        reader.Literal(Kind);
        var (session, index, track, start, end) = ReadPlace(ref reader);
        var name = reader.Text(32, "a cause");
        return GapCauses.TryParse(name, out var cause)
            ? new GapLeaf(session, index, track, start, end, cause)
            : throw reader.Refuse("a cause: paused, lost, recorder_crash, node_down or overload", Encoding.UTF8.GetBytes(name));
    }
}

/// <summary>The codecs that a leaf can name.</summary>
public static class ChunkCodec
{
    /// <summary>One or more RFC 1952 members.</summary>
    public const string Gzip = "gzip";

    /// <summary>The plaintext as it is. Reserved: readers know it, nothing here writes it yet.</summary>
    public const string None = "none";

    /// <summary>Whether a leaf may name it.</summary>
    public static bool IsKnown(string codec) => codec is Gzip or None;
}
