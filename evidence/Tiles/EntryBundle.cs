using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Lucid.Evidence.Tiles;

/// <summary>The entries of a log, up to 256 in one bundle, each after its length in two bytes, big-endian (C2SP tlog-tiles, "Log entries").</summary>
public static class EntryBundle
{
    /// <summary>Most bytes in one entry.</summary>
    public const int MaxEntryBytes = ushort.MaxValue;

    /// <summary>Appends one entry to a bundle.</summary>
    /// <exception cref="ArgumentException">The entry is longer than <see cref="MaxEntryBytes"/>.</exception>
    public static void Append(IBufferWriter<byte> bundle, ReadOnlySpan<byte> entry)
    {
        if (entry.Length > MaxEntryBytes)
            throw new ArgumentException($"An entry has at most {MaxEntryBytes} bytes, not {entry.Length}.", nameof(entry));
        BinaryPrimitives.WriteUInt16BigEndian(bundle.GetSpan(sizeof(ushort)), (ushort)entry.Length);
        bundle.Advance(sizeof(ushort));
        bundle.Write(entry);
    }

    /// <summary>Reads a bundle of exactly <paramref name="width"/> entries. They are slices of <paramref name="bytes"/>, not copies.</summary>
    /// <exception cref="MalformedException">Fewer or more entries, or the last one is cut off.</exception>
    public static ImmutableArray<ReadOnlyMemory<byte>> Parse(ReadOnlyMemory<byte> bytes, int width)
    {
        var entries = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(width);
        while (entries.Count < width)
        {
            if (!BinaryPrimitives.TryReadUInt16BigEndian(bytes.Span, out var length) || bytes.Length - sizeof(ushort) < length)
                throw new MalformedException("entry bundle", $"cut off in entry {entries.Count} of {width}");
            entries.Add(bytes.Slice(sizeof(ushort), length));
            bytes = bytes[(sizeof(ushort) + length)..];
        }
        return bytes.IsEmpty
            ? entries.MoveToImmutable()
            : throw new MalformedException("entry bundle", $"{bytes.Length} bytes after {width} entries");
    }
}
