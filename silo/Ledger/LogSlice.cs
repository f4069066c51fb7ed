using System.Buffers;
using System.Buffers.Binary;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;

namespace Lucid.Silo.Ledger;

/// <summary>Some entries on their way to the log's files, with the hashes of every subtree that becomes complete with them.</summary>
internal sealed class LogSlice
{
    // By level: the last hash that still waits for its right sibling.
    private readonly Hash256[] _left = new Hash256[64];
    private long _end;

    /// <param name="size">Entries that are in the log.</param>
    /// <param name="end">Where the last of them ends.</param>
    /// <param name="left">The last complete subtree of a level, asked where the size has a one bit.</param>
    public LogSlice(ulong size, long end, Func<int, Hash256> left)
    {
        (First, Size, EntriesAt, _end) = (size, size, end, end);
        for (var level = 0; level < _left.Length; level++)
        {
            if (((size >> level) & 1) == 1)
                _left[level] = left(level);
        }
    }

    /// <summary>The index of the slice's first entry.</summary>
    public ulong First { get; private set; }

    /// <summary>Entries in the log with this slice.</summary>
    public ulong Size { get; private set; }

    /// <summary>Where the slice's entries begin in the file of entries.</summary>
    public long EntriesAt { get; private set; }

    public int Count => (int)(Size - First);
    public int Bytes => Entries.WrittenCount;

    public ArrayBufferWriter<byte> Entries { get; } = new();
    public ArrayBufferWriter<byte> Offsets { get; } = new();

    /// <summary>By level.</summary>
    public List<ArrayBufferWriter<byte>> Hashes { get; } = [];

    public void Add(ReadOnlySpan<byte> entry)
    {
        Entries.Write(entry);
        _end += entry.Length;
        BinaryPrimitives.WriteInt64BigEndian(Offsets.GetSpan(sizeof(long)), _end);
        Offsets.Advance(sizeof(long));
        var hash = MerkleHash.Leaf(entry);
        for (var level = 0; ; level++)
        {
            if (level == Hashes.Count)
                Hashes.Add(new ArrayBufferWriter<byte>());
            hash.CopyTo(Hashes[level].GetSpan(Hash256.Size));
            Hashes[level].Advance(Hash256.Size);
            if (((Size >> level) & 1) == 0)
            {
                _left[level] = hash;
                break;
            }
            hash = MerkleHash.Node(_left[level], hash);
        }
        Size++;
    }

    /// <summary>Begins the next slice, once this one is written.</summary>
    public void Next()
    {
        (First, EntriesAt) = (Size, _end);
        Entries.ResetWrittenCount();
        Offsets.ResetWrittenCount();
        foreach (var level in Hashes)
            level.ResetWrittenCount();
    }
}
