using System.Buffers.Binary;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Tiles;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Ledger;

/// <summary>
/// The log: `entries` (all of them, one after the other), `offsets` (where each ends, 8 bytes big-endian), `hashes-LL` (the hashes of the
/// complete subtrees of 2^LL leaves, in order), and `size`, written last, which says how much of them is whole. A C2SP tile of level L is a
/// stretch of `hashes-8L`. Everything here can be made again from the blocks: whoever opens it compares <see cref="Root"/> with the last
/// block's, and cuts back or fills up.
/// </summary>
public sealed class LogFiles : ILogStore, IDisposable
{
    private const int Levels = 64;

    // Entries are written in slices, so that appending 100,000 takes little memory.
    private const int SliceEntries = 4096;
    private const int SliceBytes = 1 << 20;

    private static readonly string[] _names = [.. Enumerable.Range(0, Levels).Select(level => $"hashes-{level:D2}")];

    private readonly string _folder;
    private readonly SafeFileHandle _entries;
    private readonly SafeFileHandle _offsets;
    private readonly TwinFile _mark;
    private readonly Lock _changing = new();

    // Opened or created under _changing; a level is only read below a size that was set after it was there.
    private readonly SafeFileHandle?[] _hashes = new SafeFileHandle?[Levels];
    private ulong _size;
    private volatile bool _doubted;

    private LogFiles(string folder, TwinFile mark)
    {
        (_folder, _mark) = (folder, mark);
        _entries = OpenOrCreate("entries");
        _offsets = OpenOrCreate("offsets");
        for (var level = 0; level < Levels && (level == 0 || File.Exists(Path.Combine(folder, _names[level]))); level++)
            _hashes[level] = OpenOrCreate(_names[level]);
        DurableFile.SyncDirectory(folder);
    }

    public ulong Size => Volatile.Read(ref _size);

    public bool IsDoubted => _doubted;

    /// <summary>Opens the log at the largest size for which all files are whole, and cuts off what goes beyond.</summary>
    public static LogFiles Open(string folder, ILogger logger)
    {
        DurableFile.CreateDirectory(folder);
        DurableFile.RemoveUnfinished(folder);
        var log = new LogFiles(folder, OpenMark(Path.Combine(folder, "size"), logger));
        try
        {
            var marked = ReadMark(log._mark.Value);
            var whole = log.WholeSize(marked);
            if (whole < marked)
                logger.LogWarning("{Folder}: only {Whole} of {Marked} log entries are whole; the rest is made again from the blocks", folder, whole, marked);
            log.Truncate(whole);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>The root over all entries.</summary>
    public Hash256 Root() => MerkleFrontier.Of(Size, Node).Root();

    public Task AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_changing)
            Append(entries);
    }, cancellation);

    public Task TruncateAsync(ulong size, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_changing)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _size);
            Truncate(size);
            if (size == 0)
                _doubted = false;
        }
    }, cancellation);

    public Hash256 Node(int level, ulong index)
    {
        var complete = level is >= 0 and < Levels ? Size >> level : 0;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, complete);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        Read(_hashes[level]!, _names[level], hash, (long)index * Hash256.Size);
        return new Hash256(hash);
    }

    public ValueTask<byte[]> EntryAsync(ulong index, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size);
        var ends = Ends(index, 1);
        var entry = new byte[ends[1] - ends[0]];
        Read(_entries, "entries", entry, ends[0]);
        return new(entry);
    }

    /// <summary>Forgets all entries: the files do not belong to the blocks.</summary>
    public void Forget()
    {
        lock (_changing)
            Truncate(0);
    }

    public LedgerDamagedException Doubt(string damage)
    {
        _doubted = true;
        return new LedgerDamagedException(_folder, null, damage, "The log is made again from the blocks with the next one; try again after it");
    }

    public void Dispose()
    {
        _entries.Dispose();
        _offsets.Dispose();
        _mark.Dispose();
        foreach (var level in _hashes)
            level?.Dispose();
    }

    private void Append(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (entries.Count == 0)
            return;
        if (entries.Any(entry => entry.Length > EntryBundle.MaxEntryBytes))
            throw new ArgumentException($"An entry has at most {EntryBundle.MaxEntryBytes} bytes.", nameof(entries));
        var slice = new LogSlice(_size, _size == 0 ? 0 : End(_size - 1), level => Node(level, (_size >> level) - 1));
        foreach (var entry in entries)
        {
            slice.Add(entry.Span);
            if (slice.Count == SliceEntries || slice.Bytes >= SliceBytes)
                Write(slice);
        }
        Write(slice);
        DurableFile.Sync(_entries);
        DurableFile.Sync(_offsets);
        for (var level = 0; level < Levels && slice.Size >> level > _size >> level; level++)
            DurableFile.Sync(_hashes[level]!);
        SetSize(slice.Size);
    }

    private void Write(LogSlice slice)
    {
        RandomAccess.Write(_entries, slice.Entries.WrittenSpan, slice.EntriesAt);
        RandomAccess.Write(_offsets, slice.Offsets.WrittenSpan, (long)slice.First * sizeof(long));
        for (var level = 0; level < slice.Hashes.Count; level++)
        {
            if (_hashes[level] is null)
            {
                _hashes[level] = OpenOrCreate(_names[level]);
                DurableFile.SyncDirectory(_folder);
            }
            RandomAccess.Write(_hashes[level]!, slice.Hashes[level].WrittenSpan, (long)(slice.First >> level) * Hash256.Size);
        }
        slice.Next();
    }

    /// <summary>The mark goes first: from then on whatever lies beyond it counts for nothing.</summary>
    private void Truncate(ulong size)
    {
        if (size != ReadMark(_mark.Value))
            SetSize(size);
        Volatile.Write(ref _size, size);
        Cut(_entries, size == 0 ? 0 : End(size - 1));
        Cut(_offsets, (long)size * sizeof(long));
        for (var level = 0; level < Levels && _hashes[level] is { } hashes; level++)
            Cut(hashes, (long)(size >> level) * Hash256.Size);
    }

    private void SetSize(ulong size)
    {
        _mark.Save(WriteMark(size));
        Volatile.Write(ref _size, size);
    }

    private static void Cut(SafeFileHandle file, long length)
    {
        if (RandomAccess.GetLength(file) > length)
            RandomAccess.SetLength(file, length);
    }

    /// <summary>The largest size up to a limit for which every file is long enough.</summary>
    private ulong WholeSize(ulong limit)
    {
        var size = Math.Min(limit, (ulong)RandomAccess.GetLength(_offsets) / sizeof(long));
        for (var level = 0; level < Levels && size >> level > 0; level++)
        {
            var hashes = _hashes[level] is { } file ? (ulong)RandomAccess.GetLength(file) / Hash256.Size : 0;
            if (size >> level > hashes)
                size = ((hashes + 1) << level) - 1;
        }
        // Ends only grow, so the entries that are whole are found by halving.
        var length = RandomAccess.GetLength(_entries);
        var whole = 0UL;
        while (whole < size)
        {
            var middle = whole + ((size - whole + 1) / 2);
            if (End(middle - 1) <= length)
                whole = middle;
            else
                size = middle - 1;
        }
        return whole;
    }

    private long End(ulong index)
    {
        Span<byte> end = stackalloc byte[sizeof(long)];
        Read(_offsets, "offsets", end, (long)index * sizeof(long));
        return BinaryPrimitives.ReadInt64BigEndian(end) is >= 0 and var at ? at
            : throw Damaged("offsets", (long)index * sizeof(long), "an entry ends before the file begins");
    }

    /// <summary>Where the entry begins, and where it and its successors end.</summary>
    private long[] Ends(ulong index, int count)
    {
        Span<byte> bytes = stackalloc byte[(TilePath.FullWidth + 1) * sizeof(long)];
        bytes = bytes[..((count + 1) * sizeof(long))];
        bytes.Clear();
        if (index == 0)
            Read(_offsets, "offsets", bytes[sizeof(long)..], 0);
        else
            Read(_offsets, "offsets", bytes, ((long)index - 1) * sizeof(long));
        var ends = new long[count + 1];
        for (var i = 0; i <= count; i++)
        {
            ends[i] = BinaryPrimitives.ReadInt64BigEndian(bytes[(i * sizeof(long))..]);
            if (ends[i] < 0 || (i > 0 && ends[i] - ends[i - 1] is < 0 or > EntryBundle.MaxEntryBytes))
                throw Damaged("offsets", (long)index * sizeof(long), "an entry's end is not where an entry can end");
        }
        return ends;
    }

    private void Read(SafeFileHandle file, string name, Span<byte> destination, long offset)
    {
        if (TwinFile.ReadFully(file, destination, offset) < destination.Length)
            throw Damaged(name, offset, "the file is shorter than the log");
    }

    private LedgerDamagedException Damaged(string name, long offset, string damage)
    {
        _doubted = true;
        return new(Path.Combine(_folder, name), offset, damage, "The log is made again from the blocks with the next one; try again after it");
    }

    private static TwinFile OpenMark(string path, ILogger logger)
    {
        if (File.Exists(path))
        {
            if (TwinFile.TryOpen(path) is { } mark)
                return mark;
            logger.LogWarning("{File} is damaged and put aside as {Aside}; the log is made again from the blocks", path, DurableFile.PutAside(path));
        }
        TwinFile.Create(path, WriteMark(0));
        return TwinFile.TryOpen(path)!;
    }

    private static byte[] WriteMark(ulong size) => new RecordWriter().Line("lucid.log-size/1"u8).Line(size).ToArray();

    internal static ulong ReadMark(ReadOnlySpan<byte> value)
    {
        var reader = new RecordReader("log size", value);
        reader.Literal("lucid.log-size/1"u8);
        return reader.Unsigned("the size", long.MaxValue);
    }

    private SafeFileHandle OpenOrCreate(string name) =>
        File.OpenHandle(Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
}
