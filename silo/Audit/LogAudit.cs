using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Silo.Ledger;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Audit;

/// <summary>The log's files, byte for byte against what the blocks give: entries, where they end, and every hash.</summary>
internal sealed class LogAudit : IDisposable
{
    private const string Cure = "It is made again from the blocks. Stop the node, delete the folder ledger/log and start it";
    private const int SliceEntries = 4096;
    private const int SliceBytes = 1 << 20;

    private readonly string _folder;
    private readonly AuditFindings _findings;

    // What was there when the audit began; whatever a running node adds later is not looked at.
    private readonly Dictionary<string, (SafeFileHandle Handle, long Length)> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _expected = new(StringComparer.Ordinal);
    private readonly LogSlice _slice = new(0, 0, _ => default);
    private readonly bool _isLive;
    private ulong _mark;
    private long _markedEntries;

    private LogAudit(string folder, bool isLive, AuditFindings findings) => (_folder, _isLive, _findings) = (folder, isLive, findings);

    public static LogAudit Open(string folder, bool isLive, AuditFindings findings)
    {
        var log = new LogAudit(folder, isLive, findings);
        log.ReadMark();
        foreach (var name in (string[])["entries", "offsets", .. Enumerable.Range(0, 64).Select(LevelName)])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                continue;
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log._files[name] = (handle, RandomAccess.GetLength(handle));
            findings.Counted(log._files[name].Length);
        }
        return log;
    }

    /// <summary>The next entries of the log.</summary>
    public void Take(ImmutableArray<LedgerEntry> entries)
    {
        foreach (var entry in entries)
        {
            _slice.Add(entry.Bytes.Span);
            if (_slice.Size <= _mark)
                _markedEntries += entry.Bytes.Length;
            if (_slice.Count == SliceEntries || _slice.Bytes >= SliceBytes)
                Compare();
        }
    }

    /// <summary>Every entry was taken.</summary>
    public void End()
    {
        Compare();
        if (_mark > _slice.Size)
            Damage("size", $"it says {_mark} entries, and the blocks give {_slice.Size}");
        var marked = Math.Min(_mark, _slice.Size);
        Ends("entries", _markedEntries);
        Ends("offsets", (long)marked * sizeof(long));
        for (var level = 0; level < 64; level++)
            Ends(LevelName(level), (long)(marked >> level) * Hash256.Size);
    }

    public void Dispose()
    {
        foreach (var (handle, _) in _files.Values)
            handle.Dispose();
    }

    private void ReadMark()
    {
        var path = Path.Combine(_folder, "size");
        try
        {
            var (first, second) = TwinFile.Peek(path);
            _findings.Counted(2L * TwinFile.CopySize);
            if ((first is null || second is null) && !_isLive)
                Damage("size", "a copy of the log's size is damaged");
            if ((first ?? second) is { } value)
                _mark = LogFiles.ReadMark(value);
        }
        catch (Exception damage) when (damage is IOException or MalformedException)
        {
            Damage("size", $"it cannot be read ({damage.Message})");
        }
    }

    private void Compare()
    {
        Compare("entries", _slice.Entries, _slice.EntriesAt);
        Compare("offsets", _slice.Offsets, (long)_slice.First * sizeof(long));
        for (var level = 0; level < _slice.Hashes.Count; level++)
            Compare(LevelName(level), _slice.Hashes[level], (long)(_slice.First >> level) * Hash256.Size);
        _slice.Next();
    }

    private void Compare(string name, ArrayBufferWriter<byte> expected, long offset)
    {
        _expected[name] = offset + expected.WrittenCount;
        if (expected.WrittenCount == 0 || !_files.TryGetValue(name, out var file) || file.Length <= offset)
            return;
        var found = ArrayPool<byte>.Shared.Rent(expected.WrittenCount);
        var read = TwinFile.ReadFully(file.Handle, found.AsSpan(0, (int)Math.Min(expected.WrittenCount, file.Length - offset)), offset);
        var same = found.AsSpan(0, read).CommonPrefixLength(expected.WrittenSpan);
        ArrayPool<byte>.Shared.Return(found);
        if (same < read)
            Damage(name, string.Create(CultureInfo.InvariantCulture, $"byte {offset + same} is not what the blocks give"));
    }

    /// <summary>As long as the log's size says at least, and no longer than the blocks give.</summary>
    private void Ends(string name, long least)
    {
        var length = _files.TryGetValue(name, out var file) ? file.Length : 0;
        if (length < least)
            Damage(name, $"it has {length} bytes, and the log's size asks for {least}");
        else if (length > _expected.GetValueOrDefault(name))
            Damage(name, $"it has {length} bytes, and the blocks give {_expected.GetValueOrDefault(name)}");
        else if (file.Handle is null && name is "entries" or "offsets" or "hashes-00" && !File.Exists(Path.Combine(_folder, name)))
            Damage(name, "the file is missing");
    }

    /// <summary>Told once of each file: where one byte is wrong, often all after it are.</summary>
    private void Damage(string name, string problem)
    {
        if (_damaged.Add(name))
            _findings.Mendable(Path.Combine(_folder, name), problem, Cure);
    }

    private static string LevelName(int level) => $"hashes-{level:D2}";
}
