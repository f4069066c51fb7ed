using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Notes;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Ledger;

/// <summary>
/// Every published checkpoint, by size, in SQLite with a flush for each: there is one a block at most, and receipts of years ago are looked
/// up by it.
/// </summary>
public sealed class CheckpointStore : ICheckpointStore, IDisposable
{
    private readonly string _path;
    private readonly IndexConnection _connection;
    private readonly Lock _gate = new();

    private CheckpointStore(string path)
    {
        _path = path;
        _connection = new IndexConnection(path);
        try
        {
            _connection.Run("PRAGMA journal_mode = WAL");
            _connection.Run("PRAGMA synchronous = FULL");
            _connection.Run("CREATE TABLE IF NOT EXISTS checkpoints(size INTEGER PRIMARY KEY, note BLOB NOT NULL)");
            var newest = _connection.Read(
                "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1", row => ((ulong)row.GetInt64(0), (byte[])row.GetValue(1)));
            if (newest.Count > 0)
                (PublishedSize, Published) = newest[0];
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public byte[]? Published { get; private set; }

    public ulong PublishedSize { get; private set; }

    /// <exception cref="LedgerDamagedException">The file is damaged, or its newest note is no checkpoint of that size.</exception>
    public static CheckpointStore Open(string path)
    {
        SqliteLibrary.Load();
        CheckpointStore? store = null;
        try
        {
            store = new CheckpointStore(path);
            if (store.Published is { } note && Checkpoint.Parse(SignedNote.Parse(note).TextBytes).Size != store.PublishedSize)
                throw new MalformedException("checkpoint", $"it does not state the size {store.PublishedSize} that it is kept under");
            return store;
        }
        catch (Exception damage) when (damage is SqliteException or MalformedException)
        {
            store?.Dispose();
            throw new LedgerDamagedException(path, null, $"the published checkpoints are damaged ({damage.Message})",
                "Restore the file from a backup. Where this node is the only validator you may delete it: checkpoints are then made again as they are needed");
        }
    }

    public ValueTask<byte[]?> ReadAsync(ulong size, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var found = _connection.Read("SELECT note FROM checkpoints WHERE size = $1", row => (byte[])row.GetValue(0), (long)size);
            return ValueTask.FromResult(found.Count > 0 ? found[0] : null);
        }
    }

    public Task PublishAsync(ulong size, ReadOnlyMemory<byte> note, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_gate)
        {
            if (Published is not null && size <= PublishedSize)
                throw new InvalidOperationException($"{_path}: a checkpoint of size {size} does not follow the published one of size {PublishedSize}.");
            var bytes = note.ToArray();
            _connection.Run("INSERT INTO checkpoints VALUES($1, $2)", (long)size, bytes);
            (PublishedSize, Published) = (size, bytes);
        }
    }, cancellation);

    public void Dispose() => _connection.Dispose();
}
