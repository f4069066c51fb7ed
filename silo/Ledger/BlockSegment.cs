using System.Buffers.Binary;
using System.Globalization;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Ledger;

/// <summary>
/// One file of consecutive blocks, named for the first one's height. It begins with lines that tie it to the file before it, so that a
/// missing, swapped or shortened file is noticed without reading all blocks:
/// `lucid.blocks/1`, network, first height, previous block's id, first height of the file before (0 for none), its length, and the CRC-32
/// of these lines. Then each block as a frame of 24 bytes (mark, height, length, CRC-32 of the content, CRC-32 of the frame before it;
/// big-endian) and its encoding.
/// </summary>
internal sealed record BlockSegment(string Path, ulong First, Hash256 PreviousId, ulong Before, long BeforeLength, int HeadLength)
{
    public const string Extension = ".blocks";
    public const int FrameSize = 24;

    private const int MaxHead = 512;

    /// <summary>What an operator can do about a damaged segment.</summary>
    public const string Cure = "Restore this file from a backup or from another validator of the network; nothing was changed";

    // The first byte occurs in no UTF-8, so no block's content can hold a mark.
    private static ReadOnlySpan<byte> Mark => [0xff, (byte)'L', (byte)'B', 0xfe];

    public static string PathOf(string folder, ulong first) => System.IO.Path.Combine(folder, $"{first:D19}{Extension}");

    public static BlockSegment Create(string folder, Hash256 network, ulong first, Hash256 previousId, ulong before, long beforeLength)
    {
        var path = PathOf(folder, first);
        var head = new RecordWriter().Line("lucid.blocks/1"u8).Line(network).Line(first).Line(previousId).Line(before).Line(beforeLength);
        var text = head.Line(Crc32.Of(head.ToArray()).ToString("x8", CultureInfo.InvariantCulture)).ToArray();
        // Written whole or not at all: a segment that exists has its head.
        DurableFile.Create(path, text);
        return new BlockSegment(path, first, previousId, before, beforeLength, text.Length);
    }

    /// <exception cref="LedgerDamagedException">The head is damaged, another network's, or not that of a file with this name.</exception>
    public static BlockSegment Open(string path, Hash256 network)
    {
        var buffer = new byte[MaxHead];
        using var file = File.OpenHandle(path);
        var bytes = buffer.AsSpan(0, TwinFile.ReadFully(file, buffer, 0));
        try
        {
            var reader = new RecordReader("block file", bytes);
            reader.Literal("lucid.blocks/1"u8);
            var of = reader.Hash("the network's id");
            var (first, previous) = (reader.Unsigned("the first height", long.MaxValue), reader.Hash("the previous block's id"));
            var (before, length) = (reader.Unsigned("the first height of the file before"), reader.Number("the length of the file before"));
            var crc = Crc32.Of(bytes[..reader.Position]);
            if (BinaryPrimitives.ReadUInt32BigEndian(reader.Hex("the CRC-32", sizeof(uint))) != crc)
                throw new LedgerDamagedException(path, 0, "the head of the block file does not have its CRC-32", Cure);
            if (of != network)
                throw new GenesisMismatchException(
                    $"{path} holds the blocks of network {of}, and the genesis beside it is of network {network}: one of them was altered or exchanged. Restore the one that does not belong to this node from a backup; nothing was changed.");
            return System.IO.Path.GetFileName(path) == System.IO.Path.GetFileName(PathOf("", first))
                ? new BlockSegment(path, first, previous, before, length, reader.Position)
                : throw new LedgerDamagedException(path, 0, $"the file holds the blocks from height {first} on, which is not its name", Cure);
        }
        catch (MalformedException e)
        {
            throw new LedgerDamagedException(path, 0, $"the head of the block file is damaged ({e.Message})", Cure);
        }
    }

    public static byte[] Frame(ulong height, ReadOnlySpan<byte> content)
    {
        var frame = new byte[FrameSize];
        Mark.CopyTo(frame);
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(4), height);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(12), content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(16), Crc32.Of(content));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(20), Crc32.Of(frame.AsSpan(0, 20)));
        return frame;
    }

    /// <summary>Reads the record at an offset without judging more than its checksums and lengths.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryRead(SafeFileHandle file, long offset, out ulong height, out byte[] content)
    {
        content = [];
        if (TryReadFrame(file, offset, out height, out var length, out var crc) is { } fault)
            return fault;
        var bytes = new byte[length];
        if (TwinFile.ReadFully(file, bytes, offset + FrameSize) < length)
            return "the block is cut off";
        if (Crc32.Of(bytes) != crc)
            return "the block does not have its CRC-32";
        content = bytes;
        return null;
    }

    /// <summary>Whether a good record begins anywhere after an offset.</summary>
    public static bool HasRecordAfter(SafeFileHandle file, long offset)
    {
        var buffer = new byte[Math.Clamp(RandomAccess.GetLength(file) - offset, FrameSize, 1 << 20)];
        for (var position = offset + 1; ; position += buffer.Length - (Mark.Length - 1))
        {
            var read = TwinFile.ReadFully(file, buffer, position);
            for (var from = 0; buffer.AsSpan(from, read - from).IndexOf(Mark) is >= 0 and var at; from += at + 1)
            {
                if (TryRead(file, position + from + at, out _, out _) is null)
                    return true;
            }
            if (read < buffer.Length)
                return false;
        }
    }

    /// <summary>
    /// Whether what lies at the end of a file can be the beginning of one block: a part of its frame, a whole frame with less behind it than
    /// it announces, or the zeros of a file that had grown before its bytes arrived.
    /// </summary>
    public static bool IsBeginOf(SafeFileHandle file, long offset, long length, ulong height)
    {
        var bytes = new byte[Math.Min(FrameSize, length - offset)];
        _ = TwinFile.ReadFully(file, bytes, offset);
        if (!bytes.AsSpan().ContainsAnyExcept((byte)0))
            return true;
        if (bytes.Length < FrameSize)
            return Frame(height, []).AsSpan(0, Math.Min(bytes.Length, 12)).SequenceEqual(bytes.AsSpan(0, Math.Min(bytes.Length, 12)));
        return TryReadFrame(file, offset, out var found, out var announced, out _) is null && found == height && length - offset < FrameSize + announced;
    }

    /// <summary>The offsets of the blocks, found by walking from frame to frame.</summary>
    /// <param name="end">Where the blocks end.</param>
    /// <param name="next">The height after the last one.</param>
    /// <exception cref="LedgerDamagedException">A frame is damaged, or the blocks are not as many.</exception>
    public long[] Offsets(SafeFileHandle file, long end, ulong next)
    {
        var offsets = new long[checked((int)(next - First))];
        long offset = HeadLength;
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = offset;
            var fault = TryReadFrame(file, offset, out var height, out var length, out _) ??
                (height == First + (ulong)i ? null : OutOfOrder(height, First + (ulong)i));
            if (fault is not null)
                throw new LedgerDamagedException(Path, offset, fault, Cure);
            offset += FrameSize + length;
        }
        return offset == end ? offsets
            : throw new LedgerDamagedException(Path, offset, $"the blocks end here, and the file at {end}", Cure);
    }

    /// <exception cref="LedgerDamagedException">It is damaged or another block.</exception>
    public Block Read(SafeFileHandle file, long offset, ulong height)
    {
        var fault = TryRead(file, offset, out var found, out var content) ?? (found == height ? null : OutOfOrder(found, height));
        return fault is null ? Parse(content, offset, height) : throw new LedgerDamagedException(Path, offset, fault, Cure);
    }

    /// <exception cref="LedgerDamagedException">Not the final block of that height.</exception>
    public Block Parse(byte[] content, long offset, ulong height)
    {
        try
        {
            var block = Block.Parse(content);
            if (block.Header.Height == height && block.Certificate is not null)
                return block;
            throw new LedgerDamagedException(Path, offset, $"no final block of height {height} is in the record of that height", Cure);
        }
        catch (MalformedException e)
        {
            throw new LedgerDamagedException(Path, offset, $"the block of height {height} cannot be read ({e.Message})", Cure);
        }
    }

    public static string OutOfOrder(ulong found, ulong expected) => $"the block here has height {found}; {expected} belongs here";

    private static string? TryReadFrame(SafeFileHandle file, long offset, out ulong height, out int length, out uint crc)
    {
        Span<byte> frame = stackalloc byte[FrameSize];
        (height, length, crc) = (0, 0, 0);
        if (TwinFile.ReadFully(file, frame, offset) < FrameSize)
            return "the block's frame is cut off";
        if (!frame.StartsWith(Mark) || BinaryPrimitives.ReadUInt32BigEndian(frame[20..]) != Crc32.Of(frame[..20]))
            return "the block's frame is damaged";
        (height, length) = (BinaryPrimitives.ReadUInt64BigEndian(frame[4..]), BinaryPrimitives.ReadInt32BigEndian(frame[12..]));
        crc = BinaryPrimitives.ReadUInt32BigEndian(frame[16..]);
        return length is > 0 and <= Block.MaxBytes ? null : "the block's frame is damaged";
    }
}
