using System.Buffers.Binary;
using System.IO.Compression;

namespace Lucid.Evidence.Compression;

/// <summary>Writes the frame of a gzip member (RFC 1952, section 2.3) and stored deflate blocks (RFC 1951, section 3.2.4).</summary>
internal static class GzipMember
{
    public const int HeaderSize = 10;
    public const int TrailerSize = 8;

    /// <summary>By how much a member of at most 1 MiB can exceed its plain bytes: frame and 17 stored blocks.</summary>
    public const int MaxOverhead = HeaderSize + TrailerSize + (17 * StoredHeaderSize);

    /// <summary>Options by level, 0 to 6.</summary>
    public static readonly ZLibCompressionOptions[] Levels =
        [.. Enumerable.Range(0, GzipPace.BestLevel + 1).Select(level => new ZLibCompressionOptions { CompressionLevel = level })];

    /// <summary>Codes bytes by their frequency and looks for no repetitions.</summary>
    public static readonly ZLibCompressionOptions Huffman =
        new() { CompressionLevel = 1, CompressionStrategy = ZLibCompressionStrategy.HuffmanOnly };

    private const int StoredHeaderSize = 5;
    private const int MaxStored = ushort.MaxValue;

    // Deflate, no flags, no time, unknown system: nothing of the recorder's machine gets into the bytes.
    private static ReadOnlySpan<byte> Header => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

    /// <summary>Writes a compressed member.</summary>
    /// <returns>The member's length, or null where <paramref name="plain"/> does not shrink.</returns>
    public static int? Deflate(ReadOnlySpan<byte> plain, Memory<byte> member, ZLibCompressionOptions options)
    {
        var body = new BoundedOutput(member.Slice(HeaderSize, plain.Length));
        using (var deflate = new DeflateStream(body, options, leaveOpen: true))
            deflate.Write(plain);
        return body.Overflowed ? null : Frame(plain, body.Written, member.Span);
    }

    // Header and trailer around the deflate bytes that stand at byte 10 already.
    private static int Frame(ReadOnlySpan<byte> plain, int bodyLength, Span<byte> member)
    {
        Header.CopyTo(member);
        var trailer = member[(HeaderSize + bodyLength)..];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32.Of(plain));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], (uint)plain.Length);
        return HeaderSize + bodyLength + TrailerSize;
    }

    /// <summary>Writes a member that holds <paramref name="plain"/> as it is.</summary>
    /// <returns>The member's length.</returns>
    public static int WriteStored(ReadOnlySpan<byte> plain, Span<byte> member)
    {
        var position = HeaderSize;
        var rest = plain;
        do
        {
            var size = Math.Min(MaxStored, rest.Length);
            var block = member[position..];
            block[0] = size == rest.Length ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteUInt16LittleEndian(block[1..], (ushort)size);
            BinaryPrimitives.WriteUInt16LittleEndian(block[3..], (ushort)~size);
            rest[..size].CopyTo(block[StoredHeaderSize..]);
            position += StoredHeaderSize + size;
            rest = rest[size..];
        }
        while (rest.Length > 0);
        return Frame(plain, position - HeaderSize, member);
    }
}
