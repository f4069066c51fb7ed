using System.Buffers.Binary;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// A SQLite write-ahead log that was left behind (https://www.sqlite.org/fileformat2.html#walformat). SQLite takes its frames up to the first
/// that does not fit and says nothing of those after it: damage in the middle takes back transactions that were reported durable.
/// </summary>
public static class WalFile
{
    private const int HeaderSize = 32;
    private const int FrameHeaderSize = 24;
    private const uint Magic = 0x377f0682;

    public static string PathOf(string database) => database + "-wal";

    /// <summary>Whether a database has a log with something in it.</summary>
    public static bool HasContent(string database) => new FileInfo(PathOf(database)) is { Exists: true, Length: > 0 };

    /// <summary>What is wrong with a database's log, in one sentence; null where nothing is, or there is none.</summary>
    public static string? FindFault(string database)
    {
        if (!HasContent(database))
            return null;
        using var file = File.OpenRead(PathOf(database));
        var header = new byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize)
            return null;
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var pageSize = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8));
        var sum = new Checksum(bigEndian: (magic & 1) == 1);
        sum.Add(header.AsSpan(0, 24));
        if ((magic & ~1u) != Magic || pageSize is < 512 or > 65536 || !sum.Matches(header.AsSpan(24)))
            return $"the head of the write-ahead log {Path.GetFileName(file.Name)} is damaged, so that none of its transactions is read";
        return FindFaultInFrames(file, header.AsSpan(16, 8), pageSize, sum);
    }

    private static string? FindFaultInFrames(FileStream file, ReadOnlySpan<byte> salts, int pageSize, Checksum sum)
    {
        var frame = new byte[FrameHeaderSize + pageSize];
        for (var number = 0; ; number++)
        {
            // A frame that is cut off was being written: its transaction was never reported durable.
            if (file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) < frame.Length)
                return null;
            sum.Add(frame.AsSpan(0, 8));
            sum.Add(frame.AsSpan(FrameHeaderSize));
            var isOfThisRound = frame.AsSpan(8, 8).SequenceEqual(salts);
            if (isOfThisRound && sum.Matches(frame.AsSpan(16)))
                continue;
            // What an earlier round of the log left has other salts.
            return isOfThisRound || AnyOfThisRoundFollows(file, salts, frame)
                ? $"frame {number} of the write-ahead log {Path.GetFileName(file.Name)} is damaged, so that the transactions from there on are not read"
                : null;
        }
    }

    private static bool AnyOfThisRoundFollows(FileStream file, ReadOnlySpan<byte> salts, byte[] frame)
    {
        while (file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length)
        {
            if (frame.AsSpan(8, 8).SequenceEqual(salts))
                return true;
        }
        return false;
    }

    /// <summary>The running checksum over header and frames.</summary>
    private sealed class Checksum(bool bigEndian)
    {
        private uint _first;
        private uint _second;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            for (; bytes.Length >= 8; bytes = bytes[8..])
            {
                _first += Word(bytes) + _second;
                _second += Word(bytes[4..]) + _first;
            }
        }

        public bool Matches(ReadOnlySpan<byte> stored) =>
            BinaryPrimitives.ReadUInt32BigEndian(stored) == _first && BinaryPrimitives.ReadUInt32BigEndian(stored[4..]) == _second;

        private uint Word(ReadOnlySpan<byte> bytes) =>
            bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
