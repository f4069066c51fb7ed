using System.Buffers.Binary;
using Lucid.Evidence.Compression;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Ledger;

/// <summary>
/// A small value that is replaced often and must not be lost: two copies in one file of fixed size, each written and flushed on its own,
/// one after the other. A torn write spoils one copy, and the other still holds what was last reported saved; so does a copy that rots
/// later. Writing in place costs the same two flushes as a temporary file and a rename, but touches no directory, and unlike two slots
/// that take turns it does not fall back to an older value when the newer slot rots.
/// </summary>
/// <remarks>A copy: 4 bytes length, 8 bytes sequence number, 4 bytes CRC-32 of both and the content, the content; numbers big-endian.</remarks>
internal sealed class TwinFile : IDisposable
{
    /// <summary>Room for the largest value, a vote that quotes the prevotes of 63 validators: 9 KiB.</summary>
    internal const int CopySize = 16 * 1024;

    private const int HeadSize = 16;

    /// <summary>Bytes of a value at most.</summary>
    public const int MaxSize = CopySize - HeadSize;

    private readonly SafeFileHandle _file;

    // Goes up with every attempt, so that what a failed one left behind is never taken for newer than its successor.
    private ulong _sequence;

    // The copy to write over first: where one is spoiled or older it is that one, so that a good copy of the last value is always left.
    private int _next;

    private TwinFile(SafeFileHandle file, ulong sequence, byte[] value, int next) =>
        (_file, _sequence, Value, _next) = (file, sequence, value, next);

    /// <summary>What was saved last.</summary>
    public byte[] Value { get; private set; }

    public static void Create(string path, ReadOnlySpan<byte> value)
    {
        var content = new byte[2 * CopySize];
        WriteCopy(content.AsSpan(0, CopySize), 1, value);
        content.AsSpan(0, CopySize).CopyTo(content.AsSpan(CopySize));
        DurableFile.Create(path, content);
    }

    /// <summary>Opens an existing file, and mends the copy that a crash or the disk spoiled.</summary>
    /// <returns>Null where both copies are damaged; nothing was changed then.</returns>
    public static TwinFile? TryOpen(string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var content = new byte[2 * CopySize];
            _ = ReadFully(file, content, 0);
            var first = ReadCopy(content.AsSpan(0, CopySize));
            var second = ReadCopy(content.AsSpan(CopySize));
            if ((first ?? second) is null)
            {
                file.Dispose();
                return null;
            }
            var firstIsNewest = second is null || first?.Sequence >= second.Value.Sequence;
            var (sequence, value) = firstIsNewest ? first!.Value : second!.Value;
            var twin = new TwinFile(file, sequence, value, firstIsNewest ? 1 : 0);
            if (first?.Sequence != second?.Sequence)
                twin.Save(value);
            return twin;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Both copies as they lie on the disk, null for one that is damaged; nothing is mended.</summary>
    internal static (byte[]? First, byte[]? Second) Peek(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var content = new byte[2 * CopySize];
        var isWhole = ReadFully(file, content, 0) == content.Length && RandomAccess.GetLength(file) == content.Length;
        var (first, second) = (ReadCopy(content.AsSpan(0, CopySize)), ReadCopy(content.AsSpan(CopySize)));
        // The newer one counts, so that a caller who takes the first that is there takes the right one.
        var inOrder = first is null || second is null || first.Value.Sequence >= second.Value.Sequence;
        return (inOrder ? first?.Value : second?.Value, !isWhole ? null : inOrder ? second?.Value : first?.Value);
    }

    /// <summary>Replaces the value. It is on the disk when this returns; where it throws, either value may be there after a restart.</summary>
    public void Save(ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxSize)
            throw new ArgumentException($"The value has {value.Length} bytes; at most {MaxSize} fit.", nameof(value));
        var copy = new byte[HeadSize + value.Length];
        WriteCopy(copy, ++_sequence, value);
        for (var written = 0; written < 2; written++)
        {
            RandomAccess.Write(_file, copy, _next * CopySize);
            DurableFile.Sync(_file);
            _next ^= 1;
        }
        Value = value.ToArray();
    }

    public void Dispose() => _file.Dispose();

    internal static int ReadFully(SafeFileHandle file, Span<byte> destination, long offset)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var read = RandomAccess.Read(file, destination[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }
        return total;
    }

    private static void WriteCopy(Span<byte> copy, ulong sequence, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(copy, value.Length);
        BinaryPrimitives.WriteUInt64BigEndian(copy[4..], sequence);
        value.CopyTo(copy[HeadSize..]);
        BinaryPrimitives.WriteUInt32BigEndian(copy[12..], Crc32.Append(Crc32.Of(copy[..12]), value));
    }

    private static (ulong Sequence, byte[] Value)? ReadCopy(ReadOnlySpan<byte> copy)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(copy);
        if (length is < 0 or > MaxSize)
            return null;
        var value = copy.Slice(HeadSize, length);
        // A copy of zeros has a length and a CRC of zero, but no sequence number: those begin at 1.
        var sequence = BinaryPrimitives.ReadUInt64BigEndian(copy[4..]);
        return sequence > 0 && BinaryPrimitives.ReadUInt32BigEndian(copy[12..]) == Crc32.Append(Crc32.Of(copy[..12]), value)
            ? (sequence, value.ToArray())
            : null;
    }
}
