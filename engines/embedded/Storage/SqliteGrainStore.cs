using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>Grain state in one SQLite file: write-ahead log, full synchronisation, group commit.</summary>
/// <param name="path">The file; it and its folder are made where they are missing.</param>
public sealed class SqliteGrainStore(string path) : IGrainStore
{
    // Reading sessions that nobody uses right now. At most as many exist as threads ever read at once.
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private readonly string _path = Path.GetFullPath(path);
    private SqliteWriter? _writer;

    /// <summary>How often the disk was waited for.</summary>
    internal long Commits => Writer.Commits;

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

    public ValueTask<StoredGrain> ReadAsync(GrainId grain) => new(Read(session => session.Read(
        "SELECT version, json FROM grain LEFT JOIN state ON state.grain = id WHERE name = $1 AND key = $2",
        row => new StoredGrain(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1)),
        grain.Name, grain.Key).FirstOrDefault()));

    public Task SaveAsync(GrainId grain, long version, byte[] state) => Writer.WriteAsync(session =>
    {
        var id = Fence(session, grain, version);
        return session.Run("INSERT INTO state VALUES ($1, $2) ON CONFLICT (grain) DO UPDATE SET json = excluded.json", id, state);
    });

    public Task ClearAsync(GrainId grain, long version) => Writer.WriteAsync(session =>
    {
        var id = Fence(session, grain, version);
        session.Run("DELETE FROM journal WHERE grain = $1", id);
        return session.Run("DELETE FROM state WHERE grain = $1", id);
    });

    public Task<long> AppendAsync(GrainId grain, long version, string journal, byte[] row) => Writer.WriteAsync(session =>
    {
        var id = Fence(session, grain, version);
        var position = Count(session, id, journal);
        session.Run("INSERT INTO journal VALUES ($1, $2, $3, $4)", id, journal, position, row);
        return position;
    });

    public ValueTask<long> CountAsync(GrainId grain, string journal) => new(Read(session =>
        session.Read("SELECT id FROM grain WHERE name = $1 AND key = $2", row => row.GetInt64(0), grain.Name, grain.Key) is [var id]
            ? Count(session, id, journal)
            : 0));

    public ValueTask<IReadOnlyList<byte[]>> ReadRowsAsync(GrainId grain, string journal, long from, int count) => new(Read(session => session.Read(
        """
        SELECT json FROM journal WHERE grain = (SELECT id FROM grain WHERE name = $1 AND key = $2) AND name = $3 AND position >= $4
        ORDER BY position LIMIT $5
        """,
        row => row.GetFieldValue<byte[]>(0), grain.Name, grain.Key, journal, from, count)));

    public Task SetReminderAsync(StoredReminder reminder) => Writer.WriteAsync(session => session.Run(
        "INSERT INTO reminder VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO UPDATE SET due = excluded.due, period = excluded.period",
        reminder.Grain.Name, reminder.Grain.Key, reminder.Name, reminder.Due.UtcTicks, reminder.Period.Ticks));

    public Task RemoveReminderAsync(GrainId grain, string name) => Writer.WriteAsync(session =>
        session.Run("DELETE FROM reminder WHERE grain = $1 AND key = $2 AND name = $3", grain.Name, grain.Key, name));

    public ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync() => new(Read(session => session.Read(
        "SELECT grain, key, name, due, period FROM reminder ORDER BY due, grain, key, name",
        row => new StoredReminder(new GrainId(row.GetString(0), row.GetString(1)), row.GetString(2),
            new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero), TimeSpan.FromTicks(row.GetInt64(4))))));

    // Raises the version and returns the grain's row, or refuses before anything has changed.
    private static long Fence(SqliteSession session, GrainId grain, long version)
    {
        var rows = version == 0
            ? session.Read("INSERT INTO grain (name, key, version) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING RETURNING id",
                row => row.GetInt64(0), grain.Name, grain.Key)
            : session.Read("UPDATE grain SET version = version + 1 WHERE name = $1 AND key = $2 AND version = $3 RETURNING id",
                row => row.GetInt64(0), grain.Name, grain.Key, version);
        return rows is [var id] ? id : throw new StateConflictException(grain.ToString(), version);
    }

    // Rows are only ever appended or all deleted, so the last position tells how many there are.
    private static long Count(SqliteSession session, long id, string journal) => session.Read(
        "SELECT coalesce(max(position) + 1, 0) FROM journal WHERE grain = $1 AND name = $2", row => row.GetInt64(0), id, journal)[0];

    private T Read<T>(Func<SqliteSession, T> read)
    {
        _ = Writer;
        SqliteSession? session = null;
        try
        {
            session = _readers.TryTake(out var idle) ? idle : new SqliteSession(_path);
            return read(session);
        }
        catch (SqliteException e)
        {
            throw SqliteSession.Explain(_path, e);
        }
        finally
        {
            if (session is not null)
                _readers.Add(session);
        }
    }
}
