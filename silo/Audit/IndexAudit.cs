using System.Collections.Immutable;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Ledger;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Audit;

/// <summary>index.db: a row for each block and each entry up to its height, and none beyond.</summary>
internal sealed class IndexAudit : IDisposable
{
    private const string Cure = "It is made again from the blocks. Stop the node, delete the file and start it";

    private readonly string _path;
    private readonly AuditFindings _findings;
    private SqliteSnapshot? _index;
    private (ulong Anchors, ulong Erasures, ulong Transactions) _counts;
    private (ulong Anchors, ulong Erasures, ulong Transactions) _found;
    private ulong _taken;
    private ulong _entries;

    private IndexAudit(string path, AuditFindings findings) => (_path, _findings) = (path, findings);

    /// <summary>The last block that was entered; 0 where the index tells nothing.</summary>
    public ulong Height { get; private set; }

    public static IndexAudit Open(string path, Hash256 network, bool isLive, AuditFindings findings)
    {
        var audit = new IndexAudit(path, findings);
        audit._index = AuditDatabase.Open(path, AuditSchema.Index, isLive, findings, audit.Damage);
        audit.Read(index =>
        {
            foreach (var (of, height, counts, sum) in index.Query("SELECT network, height, anchors, erasures, transactions, sum FROM applied", row =>
                (row.GetFieldValue<byte[]>(0), (ulong)row.GetInt64(1), ((ulong)row.GetInt64(2), (ulong)row.GetInt64(3), (ulong)row.GetInt64(4)), row.GetInt64(5))))
            {
                (audit.Height, audit._counts) = (height, counts);
                if (LedgerIndex.Sum(new LedgerIndex.Applied(height, new LedgerCounts(counts.Item1, counts.Item2, counts.Item3))) != sum)
                    audit.Damage("its counts do not have their checksum");
                if (!of.AsSpan().SequenceEqual(network.ToArray()))
                    audit.Damage("it is of another network");
            }
            if (index.Query("PRAGMA user_version", row => row.GetInt64(0)).Single() != LedgerIndex.Schema)
                audit.Damage("its schema is not the one that this Lucid knows");
        });
        return audit;
    }

    /// <summary>The next block.</summary>
    public void Take(Block block, ImmutableArray<LedgerEntry> entries)
    {
        var header = block.Header;
        if (header.Height > Height)
            return;
        var first = header.LogSize - (ulong)entries.Length;
        _taken = header.Height;
        _entries = header.LogSize;
        var anchors = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Anchor);
        var erasures = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Erasure);
        _found = (_found.Anchors + anchors, _found.Erasures + erasures, _found.Transactions + (ulong)header.TransactionCount);
        Read(index =>
        {
            var isThere = index.Find("SELECT id, time, transactions, size, log_size, proposer, sum FROM blocks WHERE height = $1", row => (object)(
                row.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(header.Id().ToArray()) && row.GetInt64(1) == header.TimeMs &&
                row.GetInt64(2) == header.TransactionCount && row.GetInt64(3) == block.EncodedLength() && row.GetInt64(4) == (long)header.LogSize &&
                row.GetFieldValue<byte[]>(5).AsSpan().SequenceEqual(header.Proposer.Bytes) && row.GetInt64(6) == LedgerIndex.Sum(new IndexedBlock(
                    header.Height, header.Id(), header.TimeMs, header.TransactionCount, block.EncodedLength(), header.LogSize, header.Proposer))), (long)header.Height);
            if (isThere is not true)
                Damage($"its row of block {header.Height} is not what the block gives");
            var key = new byte[IndexKey.Size];
            for (var i = 0; i < entries.Length; i++)
            {
                IndexKey.Write(key, entries[i].Session, entries[i].Recorder.Bytes, entries[i].Kind);
                var place = index.Find("SELECT place, height, sum FROM entries WHERE key = $1", row => (object)(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), key);
                if (!Equals(place, ((long)first + i, (long)header.Height, IndexKey.Sum(key, first + (ulong)i, header.Height))))
                    Damage($"the {entries[i].Kind.ToString().ToLowerInvariant()} of session {entries[i].Session} is not found where block {header.Height} has it");
            }
        });
    }

    /// <summary>Every block was taken.</summary>
    public void End()
    {
        if (_taken != Height)
            return;
        if (_found != _counts)
            Damage("its counts are not those of the blocks");
        Read(index =>
        {
            var (blocks, entries) = index.Query("SELECT (SELECT count(*) FROM blocks), (SELECT count(*) FROM entries)", row => (row.GetInt64(0), row.GetInt64(1))).Single();
            if (blocks != (long)Height || entries != (long)_entries)
                Damage($"it has {blocks} blocks and {entries} entries, and {Height} and {_entries} belong into it");
        });
    }

    public void Dispose() => _index?.Dispose();

    private void Damage(string problem) => _findings.Mendable(_path, problem, Cure);

    private void Read(Action<SqliteSnapshot> read)
    {
        if (_index is null)
            return;
        try
        {
            read(_index);
        }
        catch (Exception damage) when (damage is SqliteException or InvalidCastException or InvalidOperationException)
        {
            Damage($"reading stopped at damage ({damage.Message})");
            _index.Dispose();
            _index = null;
        }
    }
}
