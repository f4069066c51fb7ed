using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Ledger;

/// <summary>
/// Every published checkpoint, by size, in SQLite with a flush for each: there is one a block at most, and receipts of years ago are looked
/// up by it.
/// </summary>
public sealed class CheckpointStore : ICheckpointStore, IDisposable
{
    private const string Cure = "Restore the file from a backup";

    private readonly string _path;
    private readonly CheckpointRules _rules;
    private readonly ILogger _logger;
    private readonly IndexConnection _connection;
    private readonly Lock _gate = new();

    // Written under the gate, read by anybody.
    private volatile PublishedCheckpoint? _published;

    private CheckpointStore(string path, CheckpointRules rules, ILogger logger)
    {
        (_path, _rules, _logger) = (path, rules, logger);
        _connection = new IndexConnection(path);
        try
        {
            _connection.Run("PRAGMA journal_mode = WAL");
            _connection.Run("PRAGMA synchronous = FULL");
            _connection.Run("CREATE TABLE IF NOT EXISTS checkpoints(size INTEGER PRIMARY KEY, note BLOB NOT NULL)");
            var newest = _connection.Read(
                "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1", row => new PublishedCheckpoint((ulong)row.GetInt64(0), row.GetFieldValue<byte[]>(1)));
            if (newest.Count > 0)
            {
                _published = newest[0];
                rules.Check(_published.Size, _published.Note);
            }
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public PublishedCheckpoint? Published => _published;

    /// <exception cref="LedgerDamagedException">The file or its newest note is damaged, and others' signatures are in it.</exception>
    public static CheckpointStore Open(string path, CheckpointRules rules, ILogger logger)
    {
        SqliteLibrary.Load();
        try
        {
            return new CheckpointStore(path, rules, logger);
        }
        catch (Exception damage) when (damage is MalformedException || (damage is SqliteException e && IsDamage(e)))
        {
            if (!rules.CanRemake)
                throw new LedgerDamagedException(path, null, $"the published checkpoints are damaged ({damage.Message})", Cure);
            foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm", ""])
            {
                if (File.Exists(path + suffix))
                    logger.LogWarning("{File} is damaged ({Reason}) and put aside as {Aside}; checkpoints are made again as they are needed",
                        path, damage.Message, DurableFile.PutAside(path + suffix));
            }
            return new CheckpointStore(path, rules, logger);
        }
        catch (SqliteException e)
        {
            throw SqliteFault.Explain(path, e, Cure);
        }
    }

    public ValueTask<byte[]?> ReadAsync(ulong size, CancellationToken cancellation)
    {
        try
        {
            lock (_gate)
            {
                var found = _connection.Read("SELECT note FROM checkpoints WHERE size = $1", row => row.GetFieldValue<byte[]>(0), (long)size);
                if (found.Count > 0)
                    _rules.Check(size, found[0]);
                return ValueTask.FromResult(found.Count > 0 ? found[0] : null);
            }
        }
        catch (Exception damage) when (damage is MalformedException || (damage is SqliteException e && IsDamage(e)))
        {
            if (!_rules.CanRemake)
                throw new LedgerDamagedException(_path, null, $"the checkpoint of size {size} is damaged ({damage.Message})", Cure);
            _logger.LogWarning("{File}: the checkpoint of size {Size} is damaged ({Reason}) and made again from its block", _path, size, damage.Message);
            return ValueTask.FromResult<byte[]?>(null);
        }
        catch (SqliteException e)
        {
            throw SqliteFault.Explain(_path, e, Cure);
        }
    }

    public Task PublishAsync(ulong size, ReadOnlyMemory<byte> note, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_gate)
        {
            if (_published is { } before && size <= before.Size)
                throw new InvalidOperationException($"{_path}: a checkpoint of size {size} does not follow the published one of size {before.Size}.");
            var bytes = note.ToArray();
            try
            {
                _connection.Run("INSERT INTO checkpoints VALUES($1, $2)", (long)size, bytes);
            }
            catch (SqliteException e)
            {
                throw SqliteFault.Explain(_path, e, Cure);
            }
            _published = new PublishedCheckpoint(size, bytes);
        }
    }, cancellation);

    public void Dispose() => _connection.Dispose();

    private static bool IsDamage(SqliteException e) => e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;
}
