using System.Collections.Immutable;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain;
using Lucid.Silo.Ledger;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Audit;

/// <summary>
/// The block files: every record's checksums, the chain of headers, what each block must be after the one before it, and its certificate.
/// Stops at the first damage, since nothing can be computed beyond it.
/// </summary>
internal sealed class BlockAudit(string folder, Genesis genesis, bool isLive, AuditFindings findings, AuditWorkers workers)
{
    public delegate void TakeBlock(Block block, ImmutableArray<LedgerEntry> entries, LedgerHead head);

    // The newest root of each audit log so far.
    private readonly Dictionary<Ed25519PublicKey, AuditRoot> _roots = [];
    private LedgerHead _head = LedgerHead.Before(genesis);

    // The heights at which the log grew, for whoever knows of a size beyond the blocks.
    private ulong _logSize;

    public ulong Height => _head.Height;

    /// <summary>The newest root of each audit log.</summary>
    public IEnumerable<AuditRoot> Roots => _roots.Values;

    /// <summary>Every block was read and is good.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>The last block file, or the first where there is none.</summary>
    public string LastFile { get => field ?? BlockSegment.PathOf(folder, 1); private set; }

    /// <summary>The least height at which the log can have that size.</summary>
    public ulong HeightOf(ulong logSize) => logSize <= _logSize ? 0 : Height + 1;

    public async Task RunAsync(TakeBlock take, CancellationToken cancellation)
    {
        var files = Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*" + BlockSegment.Extension).Order(StringComparer.Ordinal).ToList()
            : [];
        var (before, length) = (0UL, 0L);
        var strangers = 0;
        for (var i = 0; i < files.Count && IsWhole; i++)
        {
            LastFile = files[i];
            try
            {
                var segment = BlockSegment.Open(files[i], genesis.Network);
                if (segment.Before != before || segment.BeforeLength != length || segment.First != Height + 1 || segment.PreviousId != _head.Id)
                    throw new LedgerDamagedException(files[i], 0, $"it does not follow the block of height {Height}, with which the file before it ends", BlockSegment.Cure);
                (before, length) = (segment.First, await ReadAsync(segment, isLast: i == files.Count - 1, take, cancellation));
            }
            catch (LedgerDamagedException damage)
            {
                Damage(damage);
                strangers++;
            }
            catch (GenesisMismatchException)
            {
                Damage(new LedgerDamagedException(files[i], 0, "its blocks are of another network than the genesis", BlockSegment.Cure));
                strangers++;
            }
        }
        if (strangers > 0 && Height == 0)
            findings.Damage(Path.Combine(folder, "..", "genesis"), "no block file follows from this genesis", "Either it or the blocks are damaged or another network's. Restore them from one backup");
    }

    /// <returns>The file's length.</returns>
    private async Task<long> ReadAsync(BlockSegment segment, bool isLast, TakeBlock take, CancellationToken cancellation)
    {
        using var file = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(file);
        findings.Counted(length);
        for (long offset = segment.HeadLength; offset < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            if (BlockSegment.TryRead(file, offset, out var height, out var content) is { } fault)
            {
                if (!isLast || !IsTorn(file, offset, length))
                    throw new LedgerDamagedException(segment.Path, offset, fault, BlockSegment.Cure);
                if (!isLive)
                    findings.Note(segment.Path, $"a block that was not completely written, {length - offset} bytes at offset {offset}", "It was never final. The next start cuts it off");
                break;
            }
            var block = segment.Parse(content, offset, height);
            if (LedgerTransition.FindFault(genesis, _head, block, nowMs: null, isTaken: IsKnownRoot) is { } invalid)
                throw new LedgerDamagedException(segment.Path, offset, $"the block of height {height} is not valid: {invalid}", BlockSegment.Cure);
            await CheckCertificateAsync(segment.Path, block, cancellation);
            var entries = LedgerTransition.Entries(block.Transactions);
            FollowRoots(segment.Path, entries);
            _head = LedgerTransition.Apply(_head, block, entries);
            _logSize = _head.LogSize;
            take(block, entries, _head);
            offset += BlockSegment.FrameSize + content.Length;
        }
        return length;
    }

    /// <summary>Of audit roots alone: that no other key comes twice shows in the index, which has each once.</summary>
    private bool IsKnownRoot(EntryKey key) =>
        key.Kind == LedgerEntryKind.AuditRoot && _roots.TryGetValue(key.Recorder, out var last) && key.Session.CompareTo(last.Session) <= 0;

    /// <summary>That each root of an audit log goes on from the one before it. Keys alone, by which blocks are judged, do not say so.</summary>
    private void FollowRoots(string path, IEnumerable<LedgerEntry> entries)
    {
        foreach (var entry in entries.Where(entry => entry.Kind == LedgerEntryKind.AuditRoot))
        {
            var root = (AuditRoot)LogEntry.Parse(entry.Bytes.Span);
            if (_roots.TryGetValue(root.Recorder, out var last) && (last.Size, last.Root) != (root.SizeBefore, root.RootBefore))
                findings.Damage(path, $"audit root {root.Number} of {root.Recorder} does not go on from the one before it", "The node that keeps that audit log stated two histories; hold its exports against both roots");
            _roots[root.Recorder] = root;
        }
    }

    private ValueTask CheckCertificateAsync(string path, Block block, CancellationToken cancellation)
    {
        var (header, certificate) = (block.Header, block.Certificate!);
        return workers.AddAsync(
            () =>
            {
                if (certificate.FindFault(header, genesis.Validators) is { } fault)
                    findings.Damage(path, $"the certificate of block {header.Height}: {fault}", BlockSegment.Cure);
            },
            cancellation);
    }

    /// <summary>
    /// Whether the bytes at the end of the last file can be what a kill or a power cut left of the block that comes next: the beginning of its
    /// frame, or a frame with less behind it than it announces, or the zeros of a file that had grown before its bytes arrived.
    /// </summary>
    private bool IsTorn(SafeFileHandle file, long offset, long length) =>
        !BlockSegment.HasRecordAfter(file, offset) && BlockSegment.IsBeginOf(file, offset, length, Height + 1);

    private void Damage(LedgerDamagedException damage)
    {
        IsWhole = false;
        findings.Damage(damage.File, damage.Offset is > 0 and var at ? $"at offset {at}: {damage.Damage}" : damage.Damage, damage.Cure);
    }
}
