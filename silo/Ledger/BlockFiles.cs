using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Ledger;

/// <summary>What other files of the node say about the blocks: as much must be there, or blocks were lost.</summary>
/// <param name="Height">Blocks up to here were final and on the disk.</param>
/// <param name="LogSize">The last block's log is at least as large.</param>
/// <param name="CanDecideAgain">
/// Whether the block of that height after that one is kept as a candidate that this validator has promised itself to, with at least the proven
/// log: then it may be torn, since the chain makes it final again from there and can make no other.
/// </param>
public readonly record struct ProvenBlocks(ulong Height, ulong LogSize, Func<ulong, Hash256, bool>? CanDecideAgain = null);

/// <summary>
/// The final blocks, in files of up to 1,024 that are only ever appended to (<see cref="BlockSegment"/>). Opening reads the last file whole
/// and the heads of the others. What a crash left of a block that was being appended is cut away; any other damage is refused, at opening
/// or, in older files, when the block is read.
/// </summary>
public sealed class BlockFiles : IBlockStore, IDisposable
{
    // The tables of that many segments are kept, 8 KiB each at most; when there are more, all are let go.
    private const int MaxTables = 64;

    private readonly string _folder;
    private readonly Genesis _genesis;
    private readonly BlockFileOptions _options;
    private readonly Lock _appending = new();
    private readonly Lock _gate = new();

    // Under _gate: the segments in order, where the blocks of the last one begin and end, and the offsets of some earlier ones.
    private readonly List<BlockSegment> _segments;
    private readonly List<long> _offsets = [];
    private long _end;
    private readonly Dictionary<ulong, long[]> _tables = [];

    // Of the last segment; under _appending.
    private SafeFileHandle? _file;

    private BlockFiles(string folder, Genesis genesis, BlockFileOptions options, List<BlockSegment> segments) =>
        (_folder, _genesis, _options, _segments, LastId) = (folder, genesis, options, segments, genesis.Network);

    public ulong Height { get; private set; }

    /// <summary>The id of the last block; the network's before the first.</summary>
    public Hash256 LastId { get; private set; }

    /// <summary>Entries of the log after the last block.</summary>
    public ulong LogSize { get; private set; }

    /// <summary>The log's root after the last block; null before the first.</summary>
    public Hash256? LogRoot { get; private set; }

    /// <exception cref="LedgerDamagedException">A file is missing or damaged. Nothing was changed.</exception>
    public static BlockFiles Open(string folder, Genesis genesis, ProvenBlocks proven, ILogger logger, BlockFileOptions? options = null)
    {
        DurableFile.CreateDirectory(folder);
        DurableFile.RemoveUnfinished(folder);
        var segments = Directory.GetFiles(folder, "*" + BlockSegment.Extension).Order(StringComparer.Ordinal)
            .Select(path => BlockSegment.Open(path, genesis.Network)).ToList();
        var blocks = new BlockFiles(folder, genesis, options ?? new BlockFileOptions(), segments);
        try
        {
            blocks.CheckOrder();
            blocks.OpenLast(proven, logger);
            return blocks;
        }
        catch
        {
            blocks.Dispose();
            throw;
        }
    }

    public ValueTask<Block?> ReadAsync(ulong height, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new(Read(height));
    }

    /// <summary>The id of the block at a height; null where there is none.</summary>
    public Hash256? IdOf(ulong height) => height == Height && height > 0 ? LastId : Read(height)?.Header.Id();

    public Task AppendAsync(Block block, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_appending)
            Append(block);
    }, cancellation);

    public void Dispose() => _file?.Dispose();

    private Block? Read(ulong height)
    {
        BlockSegment segment;
        long offset;
        lock (_gate)
        {
            if (height == 0 || height > Height)
                return null;
            var index = SegmentOf(height);
            segment = _segments[index];
            var within = (int)(height - segment.First);
            offset = index == _segments.Count - 1 ? _offsets[within] : Table(index)[within];
        }
        using var file = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return segment.Read(file, offset, height);
    }

    private void Append(Block block)
    {
        var header = block.Header;
        if (header.Height != Height + 1 || header.PreviousId != LastId || header.Network != _genesis.Network || block.Certificate is null)
            throw new InvalidOperationException(
                $"Block {header.Id()} of height {header.Height}, after {header.PreviousId}, is not the final block that follows height {Height}, {LastId}.");
        var content = block.Encode();
        if (_segments.Count == 0 || _offsets.Count >= _options.MaxBlocks || _end >= _options.MaxBytes)
            BeginSegment();
        var file = _file!;
        try
        {
            RandomAccess.Write(file, [BlockSegment.Frame(header.Height, content), content], _end);
            DurableFile.Sync(file);
        }
        catch
        {
            // Whatever arrived is not a block; should cutting it away fail too, the next append writes over it.
            RandomAccess.SetLength(file, _end);
            throw;
        }
        lock (_gate)
        {
            _offsets.Add(_end);
            _end += BlockSegment.FrameSize + content.Length;
            (Height, LastId, LogSize, LogRoot) = (header.Height, header.Id(), header.LogSize, header.LogRoot);
        }
    }

    private void BeginSegment()
    {
        if (_file is { } full && RandomAccess.GetLength(full) != _end)
        {
            RandomAccess.SetLength(full, _end);
            DurableFile.Sync(full);
        }
        var before = _segments.Count == 0 ? 0 : _segments[^1].First;
        var segment = BlockSegment.Create(_folder, _genesis.Network, Height + 1, LastId, before, _end);
        var file = OpenForAppend(segment);
        _file?.Dispose();
        _file = file;
        lock (_gate)
        {
            _segments.Add(segment);
            _offsets.Clear();
            _end = segment.HeadLength;
        }
    }

    /// <summary>That every segment is there, and as long as it was when the next one was begun.</summary>
    private void CheckOrder()
    {
        var (before, length) = (0UL, 0L);
        foreach (var segment in _segments)
        {
            if (segment.Before != before)
                throw new LedgerDamagedException(BlockSegment.PathOf(_folder, segment.Before == 0 ? before : segment.Before), null,
                    $"the file is {(segment.Before == 0 ? "in the way" : "missing")}: {segment.Path} follows it", BlockSegment.Cure);
            if (segment.BeforeLength != length)
                throw new LedgerDamagedException(BlockSegment.PathOf(_folder, before), length,
                    $"the file has {length} bytes; it had {segment.BeforeLength} when {segment.Path} was begun", BlockSegment.Cure);
            (before, length) = (segment.First, new FileInfo(segment.Path).Length);
        }
    }

    private void OpenLast(ProvenBlocks proven, ILogger logger)
    {
        if (_segments.Count > 0)
        {
            var last = _segments[^1];
            (Height, LastId, _end) = (last.First - 1, last.PreviousId, last.HeadLength);
            if (_segments.Count > 1)
                CheckLink(_segments.Count - 1);
            else if (last.First != 1 || last.PreviousId != _genesis.Network)
                throw new LedgerDamagedException(last.Path, 0, "the first block file does not begin with block 1 of the genesis", BlockSegment.Cure);
            _file = OpenForAppend(last);
            ReadLast(last, _file);
        }
        var length = _file is null ? 0 : RandomAccess.GetLength(_file);
        // Before anything is cut away: a torn block was never reported stored, so nothing else can count on it.
        if (Height < proven.Height || (LogSize < proven.LogSize && proven.CanDecideAgain?.Invoke(Height + 1, LastId) != true))
            throw new LedgerDamagedException(_segments.Count == 0 ? _folder : _segments[^1].Path, length > _end ? _end : null,
                $"the good blocks end at height {Height} with {LogSize} log entries; this node has voted on the blocks above height {proven.Height} " +
                $"and published a log of {proven.LogSize} entries, so later blocks were here", BlockSegment.Cure);
        if (length > _end)
        {
            logger.LogWarning("{File}: cut away {Bytes} bytes at offset {Offset}, a block that was not completely written when the node stopped",
                _segments[^1].Path, length - _end, _end);
            // The next append flushes this too; should it come back before that, it is cut away again.
            RandomAccess.SetLength(_file!, _end);
        }
    }

    /// <summary>Reads the blocks of the last segment up to its end, or to the torn one that ends it.</summary>
    private void ReadLast(BlockSegment segment, SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        while (_end < length)
        {
            if (BlockSegment.TryRead(file, _end, out var height, out var content) is { } fault)
            {
                if (BlockSegment.HasRecordAfter(file, _end))
                    throw new LedgerDamagedException(segment.Path, _end, $"{fault}, and good blocks follow it", BlockSegment.Cure);
                return;
            }
            if (height != Height + 1)
                throw new LedgerDamagedException(segment.Path, _end, BlockSegment.OutOfOrder(height, Height + 1), BlockSegment.Cure);
            var header = segment.Parse(content, _end, height).Header;
            if (header.PreviousId != LastId || header.Network != _genesis.Network)
                throw new LedgerDamagedException(segment.Path, _end,
                    $"the block of height {height} follows {header.PreviousId}, and the block before it is {LastId}", BlockSegment.Cure);
            _offsets.Add(_end);
            _end += BlockSegment.FrameSize + content.Length;
            (Height, LastId, LogSize, LogRoot) = (height, header.Id(), header.LogSize, header.LogRoot);
        }
    }

    /// <summary>That the last segment continues the blocks of the one before.</summary>
    private void CheckLink(int index)
    {
        var (before, segment) = (_segments[index - 1], _segments[index]);
        using var file = File.OpenHandle(before.Path);
        var header = before.Read(file, Table(index - 1)[^1], segment.First - 1).Header;
        if (header.Id() != segment.PreviousId)
            throw new LedgerDamagedException(segment.Path, 0,
                $"its blocks follow {segment.PreviousId}, and {before.Path} ends with block {header.Id()}", BlockSegment.Cure);
        (LogSize, LogRoot) = (header.LogSize, header.LogRoot);
    }

    private long[] Table(int index)
    {
        var (segment, next) = (_segments[index], _segments[index + 1]);
        if (_tables.TryGetValue(segment.First, out var known))
            return known;
        using var file = File.OpenHandle(segment.Path);
        var table = segment.Offsets(file, next.BeforeLength, next.First);
        if (_tables.Count == MaxTables)
            _tables.Clear();
        return _tables[segment.First] = table;
    }

    private int SegmentOf(ulong height)
    {
        var (low, high) = (0, _segments.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_segments[middle].First <= height)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private static SafeFileHandle OpenForAppend(BlockSegment segment) =>
        File.OpenHandle(segment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
}

/// <summary>When a new block file is begun.</summary>
public sealed record BlockFileOptions
{
    /// <summary>Blocks in one file at most. Default 1,024, least 1.</summary>
    public int MaxBlocks { get; init; } = 1024;

    /// <summary>No block is added to a file of that many bytes; it bounds what opening reads. Default 64 MiB, least 1.</summary>
    public long MaxBytes { get; init; } = 64L << 20;
}
