using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Ledger;

/// <summary>
/// The index in SQLite. It is derived: where it is missing, damaged, or does not belong to the blocks, it begins empty and whoever opened it
/// applies the blocks from <see cref="Height"/> on. One connection writes, and another reads what was committed, so that readers do not wait
/// while a large block is applied.
/// </summary>
public sealed class LedgerIndex : ILedgerIndex, IDisposable
{
    internal const int Schema = 2;

    private readonly string _path;
    private readonly IndexConnection _writer;
    private readonly IndexConnection _reader;
    private readonly Lock _writing = new();
    private readonly Lock _reading = new();
    private volatile Applied _applied;

    private LedgerIndex(string path, Hash256 network)
    {
        _path = path;
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
        foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
            File.Delete(path + suffix);
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
        catch (SqliteException e) when (IsDamage(e.SqliteErrorCode))
        {
            throw Damaged(e);
        }
    }

    public ulong? HeightOf(Hash256 blockId) => ReadNumber("SELECT height FROM blocks WHERE id = $1", blockId.ToArray());

    public ulong? FirstCovering(ulong logSize) =>
        ReadNumber("SELECT height FROM blocks WHERE log_size >= $1 ORDER BY log_size, height LIMIT 1", checked((long)logSize));

    public IReadOnlyList<IndexedBlock> Blocks(ulong from, ulong to)
    {
        lock (_reading)
        {
            return Explained(() => _reader.Read(
                "SELECT height, id, time, transactions, size, log_size, proposer FROM blocks WHERE height BETWEEN $1 AND $2 ORDER BY height",
                row => new IndexedBlock((ulong)row.GetInt64(0), new Hash256(row.GetFieldValue<byte[]>(1)), row.GetInt64(2), row.GetInt32(3),
                    row.GetInt64(4), (ulong)row.GetInt64(5), new Ed25519PublicKey(row.GetFieldValue<byte[]>(6))),
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
        _writer.Run("CREATE TABLE IF NOT EXISTS entries(key BLOB PRIMARY KEY, place INTEGER NOT NULL, height INTEGER NOT NULL) WITHOUT ROWID");
        _writer.Run(
            "CREATE TABLE IF NOT EXISTS blocks(height INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, " +
            "transactions INTEGER NOT NULL, size INTEGER NOT NULL, log_size INTEGER NOT NULL, proposer BLOB NOT NULL)");
        _writer.Run("CREATE INDEX IF NOT EXISTS blocks_log ON blocks(log_size, height)");
        _writer.Run(
            "CREATE TABLE IF NOT EXISTS applied(one INTEGER PRIMARY KEY CHECK(one = 1), network BLOB NOT NULL, height INTEGER NOT NULL, " +
            "anchors INTEGER NOT NULL, erasures INTEGER NOT NULL, transactions INTEGER NOT NULL)");
        _writer.Run("INSERT OR IGNORE INTO applied VALUES(1, $1, 0, 0, 0, 0)", network.ToArray());
        _writer.Run($"PRAGMA user_version = {Schema}");
        _writer.Run("COMMIT");
        var (of, applied) = _writer.Read("SELECT network, height, anchors, erasures, transactions FROM applied",
            row => (new Hash256(row.GetFieldValue<byte[]>(0)), new Applied((ulong)row.GetInt64(1),
                new LedgerCounts((ulong)row.GetInt64(2), (ulong)row.GetInt64(3), (ulong)row.GetInt64(4)))))[0];
        return of == network ? applied : throw new SqliteException($"it is of network {of}", SQLitePCL.raw.SQLITE_SCHEMA);
    }

    private bool Apply(BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex)
    {
        if (header.Height != Height + 1)
            throw new InvalidOperationException($"The index holds blocks up to height {Height}; {header.Height} does not follow.");
        var anchors = (ulong)entries.Count(entry => entry.Kind == LedgerEntryKind.Anchor);
        var counts = new LedgerCounts(Counts.Anchors + anchors, Counts.Erasures + (ulong)entries.Count - anchors,
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
            _writer.Run("INSERT INTO blocks VALUES($1, $2, $3, $4, $5, $6, $7)",
                (long)header.Height, header.Id().ToArray(), header.TimeMs, header.TransactionCount, sizeBytes, (long)header.LogSize,
                header.Proposer.Bytes.ToArray());
            _writer.Run("UPDATE applied SET height = $1, anchors = $2, erasures = $3, transactions = $4",
                (long)header.Height, (long)counts.Anchors, (long)counts.Erasures, (long)counts.Transactions);
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
        catch (SqliteException e) when (IsDamage(e.SqliteErrorCode))
        {
            throw Damaged(e);
        }
    }

    private LedgerDamagedException Damaged(SqliteException e) =>
        new(_path, null, $"the index is damaged ({e.Message})", "Stop the node and delete this file: it is made again from the blocks");

    private static bool IsDamage(int code) => code is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    private sealed record Applied(ulong Height, LedgerCounts Counts);
}
