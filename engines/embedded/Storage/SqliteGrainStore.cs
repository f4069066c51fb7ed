using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// Grain state in one SQLite file: write-ahead log, full synchronisation, group commit. Each row carries a checksum that is compared as it is
/// read, and a <see cref="CommitMark"/> tells of commits that the file has lost.
/// </summary>
/// <param name="path">The file; it and its folder are made where they are missing.</param>
public sealed class SqliteGrainStore(string path) : IGrainStore
{
    // Reading sessions that nobody uses right now. At most as many exist as threads ever read at once.
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private readonly string _path = Path.GetFullPath(path);
    private SqliteWriter? _writer;

    /// <summary>How often the disk was waited for.</summary>
    internal long Commits => Writer.Commits;

    /// <summary>Commits that were answered and are not in the file any more; 0 where none is missed.</summary>
    public long LostCommits => Writer.LostCommits;

    private SqliteWriter Writer => _writer ?? throw new InvalidOperationException($"The grain store {_path} is not open.");

    public Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            _writer = new SqliteWriter(_path);
            return Task.CompletedTask;
        }
        catch (SqliteException e)
        {
            throw SqliteSession.Explain(_path, e);
        }
    }

    public ValueTask DisposeAsync()
    {
        _writer?.Dispose();
        while (_readers.TryTake(out var reader))
            reader.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => new(Read(grain, (session, rows) =>
    {
        // One snapshot for all of it: what another activation commits in between must not look like damage.
        session.Run("BEGIN");
        var stored = default(StoredGrain);
        if (rows.Head() is { } head)
        {
            stored = new StoredGrain(head.Version, rows.State(head));
            rows.CheckRows(head);
        }
        session.Run("COMMIT");
        return stored;
    }));

    public Task SaveAsync(GrainId grain, long version, byte[] state) => WriteAsync(grain, version, (rows, head) =>
    {
        rows.Put(head with { HasState = true });
        rows.PutState(head, state);
        return 0;
    });

    public Task ClearAsync(GrainId grain, long version) => WriteAsync(grain, version, (rows, head) =>
    {
        rows.Put(head with { HasState = false, Rows = 0 });
        rows.Clear(head);
        return 0;
    });

    public Task<long> AppendAsync(GrainId grain, long version, string journal, byte[] row) => WriteAsync(grain, version, (rows, head) =>
    {
        var position = rows.Count(head, journal);
        rows.Put(head with { Rows = head.Rows + 1 });
        rows.Append(head, journal, position, row);
        return position;
    });

    public ValueTask<long> CountAsync(GrainId grain, string journal) =>
        new(Read(grain, (_, rows) => rows.Head() is { } head ? rows.Count(head, journal) : 0));

    public ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string journal, long from, int count) =>
        new(Read(grain, (_, rows) => rows.Head() is { } head ? rows.Rows(head, journal, from, count) : []));

    /// <summary>The keys of all grains of a kind that anything is stored of, in order: for whoever makes a derived list again.</summary>
    public IReadOnlyList<string> KeysOf(string kind) =>
        Read(session => session.Read("SELECT key FROM grain WHERE name = $1 ORDER BY key", row => row.GetString(0), kind), Explain);

    public Task SetReminderAsync(StoredReminder reminder) => Writer.WriteAsync(session => session.Run(
        "INSERT INTO reminder VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO UPDATE SET due = excluded.due, period = excluded.period, sum = excluded.sum",
        reminder.Grain.Name, reminder.Grain.Key, reminder.Name, reminder.Due.UtcTicks, reminder.Period.Ticks,
        session.Sums.OfReminder(reminder.Grain, reminder.Name, reminder.Due.UtcTicks, reminder.Period.Ticks)), Explain);

    public Task RemoveReminderAsync(GrainId grain, string name) => Writer.WriteAsync(session =>
        session.Run("DELETE FROM reminder WHERE grain = $1 AND key = $2 AND name = $3", grain.Name, grain.Key, name), Explain);

    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => new(Read(session =>
    {
        var sums = session.Sums;
        return session.Read("SELECT grain, key, name, due, period, sum FROM reminder ORDER BY due, grain, key, name", row =>
        {
            var (grain, name, due, period) = (new GrainId(row.GetString(0), row.GetString(1)), row.GetString(2), row.GetInt64(3), row.GetInt64(4));
            // One that is damaged rings at once: the grain it wakes sees for itself whether there is anything to do, and a grain that is not
            // woken would wait for ever.
            return sums.OfReminder(grain, name, due, period) == row.GetInt64(5)
                ? new StoredReminder(grain, name, new DateTimeOffset(due, TimeSpan.Zero), TimeSpan.FromTicks(period))
                : new StoredReminder(grain, name, DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(1));
        });
    }, Explain));

    private Task<T> WriteAsync<T>(GrainId grain, long version, Func<GrainRows, GrainHead, T> write) => Writer.WriteAsync(
        session =>
        {
            var rows = new GrainRows(session, _path, grain);
            return write(rows, rows.Fence(version));
        },
        e => GrainRows.Explain(_path, grain, e));

    private T Read<T>(GrainId grain, Func<SqliteSession, GrainRows, T> read) => Read(
        session => read(session, new GrainRows(session, _path, grain)),
        e => GrainRows.Explain(_path, grain, e));

    private GrainStoreException Explain(SqliteException e) => SqliteSession.Explain(_path, e);

    private T Read<T>(Func<SqliteSession, T> read, Func<SqliteException, Exception> explain)
    {
        _ = Writer;
        var session = _readers.TryTake(out var idle) ? idle : null;
        try
        {
            session ??= new SqliteSession(_path);
            var result = read(session);
            _readers.Add(session);
            return result;
        }
        catch (Exception e)
        {
            // Closed, whatever it was in the middle of.
            session?.Dispose();
            if (e is SqliteException failure)
                throw explain(failure);
            throw;
        }
    }
}
