using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Ledger;

/// <summary>
/// The index in SQLite. It is derived: where it is missing, damaged, or does not belong to the blocks, it begins empty and whoever opened it
/// applies the blocks from <see cref="Height"/> on. One connection writes, and another reads what was committed, so that readers do not wait
/// while a large block is applied.
/// </summary>
public sealed class LedgerIndex : ILedgerIndex, IDisposable
{
    internal const int Schema = 3;

    private const string Cure = "It is made again from the blocks by itself; try again in a moment";

    private readonly string _path;
    private readonly Hash256 _network;
    private IndexConnection _writer;
    private IndexConnection _reader;
    private volatile bool _doubted;
    private readonly Lock _writing = new();
    private readonly Lock _reading = new();
    private volatile Applied _applied;

    private LedgerIndex(string path, Hash256 network)
    {
        (_path, _network) = (path, network);
        _writer = new IndexConnection(path);
        try
        {
            _applied = Prepare(network);
            _reader = new IndexConnection(path);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    public ulong Height => _applied.Height;

    public LedgerCounts Counts => _applied.Counts;

    /// <param name="idOf">The id of the block at a height; null where there is none. The index must be of these blocks.</param>
    public static LedgerIndex Open(string path, Hash256 network, Func<ulong, Hash256?> idOf, ILogger logger)
    {
        SqliteLibrary.Load();
        try
        {
            var index = new LedgerIndex(path, network);
            if (index.Height == 0 || (idOf(index.Height) is { } id && index.HeightOf(id) == index.Height))
                return index;
            logger.LogWarning("{File} goes up to a block at height {Height} that is not here; it is made again from the blocks", path, index.Height);
            index.Dispose();
        }
        catch (SqliteException e) when (IsDamage(e.SqliteErrorCode) || e.SqliteErrorCode is SQLitePCL.raw.SQLITE_SCHEMA or SQLitePCL.raw.SQLITE_ERROR)
        {
            logger.LogWarning("{File} is damaged or of another version ({Reason}); it is made again from the blocks", path, e.Message);
        }
        catch (SqliteException e)
        {
            throw SqliteFault.Explain(path, e, Cure);
        }
        PutAside(path);
        return new LedgerIndex(path, network);
    }

    public Task ApplyAsync(
        BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_writing)
            Explained(() => Apply(header, sizeBytes, entries, firstIndex));
    }, cancellation);

    public EntryPlace? Find(EntryKey key)
    {
        Span<byte> bytes = stackalloc byte[IndexKey.Size];
        IndexKey.Write(bytes, key.Session, key.Recorder.Bytes, key.Kind);
        try
        {
            lock (_reading)
                return _reader.Find(bytes, out var index, out var height) ? new EntryPlace(index, height) : null;
        }
        catch (SqliteException e)
        {
            throw Failed(e);
        }
    }

    public LedgerDamagedException Doubt(string damage)
    {
        _doubted = true;
        return new LedgerDamagedException(_path, null, $"the index is damaged: {damage}", Cure);
    }

    public bool IsDoubted => _doubted;

    public Task ResetAsync(CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_writing)
            lock (_reading)
            {
                Dispose();
                PutAside(_path);
                _writer = new IndexConnection(_path);
                _applied = Prepare(_network);
                _reader = new IndexConnection(_path);
                _doubted = false;
            }
    }, cancellation);

    public ulong? HeightOf(Hash256 blockId) => ReadNumber("SELECT height FROM blocks WHERE id = $1", blockId.ToArray());

    public ulong? FirstCovering(ulong logSize) =>
        ReadNumber("SELECT height FROM blocks WHERE log_size >= $1 ORDER BY log_size, height LIMIT 1", checked((long)logSize));

    public IReadOnlyList<IndexedBlock> Blocks(ulong from, ulong to)
    {
        lock (_reading)
        {
            return Explained(() => _reader.Read(
                "SELECT height, id, time, transactions, size, log_size, proposer, sum FROM blocks WHERE height BETWEEN $1 AND $2 ORDER BY height",
                row => Whole(new IndexedBlock((ulong)row.GetInt64(0), new Hash256(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), row.GetInt32(3),
                    row.GetInt64(4), (ulong)row.GetInt64(5), new Ed25519PublicKey(row.GetFieldValue<byte[]>(6))), row.GetInt64(7)),
                (long)Math.Min(from, long.MaxValue), (long)Math.Min(to, long.MaxValue)));
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    private Applied Prepare(Hash256 network)
    {
        if (_writer.Number("PRAGMA user_version") is var version && version is not (0 or Schema))
            throw new SqliteException($"schema {version}, this Lucid knows {Schema}", SQLitePCL.raw.SQLITE_SCHEMA);
        // NORMAL: a power cut may take the last blocks back, which are then applied anew, but never leaves half of one.
        _writer.Run("PRAGMA journal_mode = WAL");
        _writer.Run("PRAGMA synchronous = NORMAL");
        _writer.Run("BEGIN IMMEDIATE");
        _writer.Run("CREATE TABLE IF NOT EXISTS entries(key BLOB PRIMARY KEY, place INTEGER NOT NULL, height INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID");
        _writer.Run(
            "CREATE TABLE IF NOT EXISTS blocks(height INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, " +
            "transactions INTEGER NOT NULL, size INTEGER NOT NULL, log_size INTEGER NOT NULL, proposer BLOB NOT NULL, sum INTEGER NOT NULL)");
        _writer.Run("CREATE INDEX IF NOT EXISTS blocks_log ON blocks(log_size, height)");
        _writer.Run(
            "CREATE TABLE IF NOT EXISTS applied(one INTEGER PRIMARY KEY CHECK(one = 1), network BLOB NOT NULL, height INTEGER NOT NULL, " +
            "anchors INTEGER NOT NULL, erasures INTEGER NOT NULL, transactions INTEGER NOT NULL, sum INTEGER NOT NULL)");
        _writer.Run("INSERT OR IGNORE INTO applied VALUES(1, $1, 0, 0, 0, 0, $2)", network.ToArray(), Sum(new Applied(0, new LedgerCounts(0, 0, 0))));
        _writer.Run($"PRAGMA user_version = {Schema}");
        _writer.Run("COMMIT");
        var (of, applied, sum) = _writer.Read("SELECT network, height, anchors, erasures, transactions, sum FROM applied",
            row => (new Hash256(row.GetFieldValue<byte[]>(0)), new Applied((ulong)row.GetInt64(1),
                new LedgerCounts((ulong)row.GetInt64(2), (ulong)row.GetInt64(3), (ulong)row.GetInt64(4))), row.GetInt64(5)))[0];
        if (Sum(applied) != sum)
            throw new SqliteException("its counts are not what was written", SQLitePCL.raw.SQLITE_CORRUPT);
        return of == network ? applied : throw new SqliteException($"it is of network {of}", SQLitePCL.raw.SQLITE_SCHEMA);
    }

    private bool Apply(BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex)
    {
        if (header.Height != Height + 1)
            throw new InvalidOperationException($"The index holds blocks up to height {Height}; {header.Height} does not follow.");
        var anchors = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Anchor);
        var erasures = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Erasure);
        var counts = new LedgerCounts(Counts.Anchors + anchors, Counts.Erasures + erasures,
            Counts.Transactions + (ulong)header.TransactionCount);
        _writer.Run("BEGIN IMMEDIATE");
        try
        {
            Span<byte> key = stackalloc byte[IndexKey.Size];
            for (var i = 0; i < entries.Count; i++)
            {
                IndexKey.Write(key, entries[i].Session, entries[i].Recorder.Bytes, entries[i].Kind);
                _writer.Insert(key, firstIndex + (ulong)i, header.Height);
            }
            _writer.Run("INSERT INTO blocks VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
                (long)header.Height, header.Id().ToArray(), header.TimeMs, header.TransactionCount, sizeBytes, (long)header.LogSize,
                header.Proposer.Bytes.ToArray(),
                Sum(new IndexedBlock(header.Height, header.Id(), header.TimeMs, header.TransactionCount, sizeBytes, header.LogSize, header.Proposer)));
            _writer.Run("UPDATE applied SET height = $1, anchors = $2, erasures = $3, transactions = $4, sum = $5",
                (long)header.Height, (long)counts.Anchors, (long)counts.Erasures, (long)counts.Transactions, Sum(new Applied(header.Height, counts)));
            _writer.Run("COMMIT");
        }
        catch
        {
            _writer.RollBack();
            throw;
        }
        _applied = new Applied(header.Height, counts);
        return true;
    }

    private ulong? ReadNumber(string sql, object value)
    {
        lock (_reading)
            return Explained(() => _reader.Read(sql, row => (ulong?)row.GetInt64(0), value).FirstOrDefault());
    }

    private T Explained<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (SqliteException e)
        {
            throw Failed(e);
        }
    }

    private LedgerDamagedException Failed(SqliteException e)
    {
        _doubted |= IsDamage(e.SqliteErrorCode) || e.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT;
        return SqliteFault.Explain(_path, e, Cure);
    }

    private static void PutAside(string path)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm", ""])
        {
            if (File.Exists(path + suffix))
                DurableFile.PutAside(path + suffix);
        }
    }

    private static IndexedBlock Whole(IndexedBlock block, long sum) =>
        Sum(block) == sum ? block : throw new SqliteException($"block {block.Height} is not what was written", SQLitePCL.raw.SQLITE_CORRUPT);

    internal static long Sum(IndexedBlock block) => Crc32.Of(new RecordWriter().Line(block.Height).Line(block.Id).Line(block.TimeMs)
        .Line((long)block.Transactions).Line(block.SizeBytes).Line(block.LogSize).Line(block.Proposer.ToString()).ToArray());

    internal static long Sum(Applied applied) => Crc32.Of(new RecordWriter().Line(applied.Height).Line(applied.Counts.Anchors)
        .Line(applied.Counts.Erasures).Line(applied.Counts.Transactions).ToArray());

    private static bool IsDamage(int code) => code is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    internal sealed record Applied(ulong Height, LedgerCounts Counts);
}
