using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence.Compression;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The list of sessions in SQLite. Derived from the grains, so it is not flushed on every write: a killed process loses nothing, a power cut
/// at most rows that <see cref="UnfinishedAsync"/> makes good at the next start. So damage to it costs nobody anything: a damaged file is put
/// aside and made again, a damaged row is left out until its session has written it anew, and a session whose row cannot be written goes on.
/// </summary>
public sealed class SessionDirectory : ISessionDirectory, IDisposable
{
    internal const int Schema = 2;
    private static readonly ImmutableArray<string> _unfinished =
        [.. new[] { SessionStatus.Created, SessionStatus.Recording, SessionStatus.Paused, SessionStatus.Sealing, SessionStatus.Anchoring }.Select(Name)];

    private readonly DataFolder _folder;
    private readonly TimeProvider _clock;
    private readonly ILogger<SessionDirectory> _log;
    private readonly SqliteConnection _connection;

    // One connection, one statement at a time: each takes microseconds, and SQLite has one writer anyway.
    private readonly SemaphoreSlim _turn = new(1);

    /// <exception cref="InvalidDataException">The file is of a newer Lucid, or cannot be opened. The message names it.</exception>
    public SessionDirectory(DataFolder folder, TimeProvider clock, ILogger<SessionDirectory> log)
    {
        (_folder, _clock, _log) = (folder, clock, log);
        IsNew = !File.Exists(folder.Directory);
        try
        {
            _connection = Open();
        }
        catch (SqliteException damage) when (damage.SqliteErrorCode is 11 or 26)
        {
            foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm", ""])
            {
                if (File.Exists(folder.Directory + suffix))
                    log.LogWarning("{File} is damaged ({Reason}) and put aside as {Aside}; the list is made again from the sessions",
                        folder.Directory, damage.Message, DurableFile.PutAside(folder.Directory + suffix));
            }
            IsNew = true;
            _connection = Open();
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"{folder.Directory} cannot be opened ({e.Message}). Make it and its folder writable for this user, and look for free space on the disk.", e);
        }
    }

    /// <summary>There was none: whoever opened it has to wake the sessions that it should list.</summary>
    public bool IsNew { get; private set; }

    /// <summary>Told of sessions whose rows turned out to be damaged, to write them anew.</summary>
    public Action<Guid>? Repair { get; set; }

    public Task UpsertAsync(SessionView session, CancellationToken cancellation) => InTurnAsync(() =>
    {
        var row = Row.Of(session with { Lease = null });
        using var command = Command(
            """
            INSERT INTO sessions(id, name, owner, status, created_at, updated_at, view, sum) VALUES(@id, @name, @owner, @status, @created, @updated, @view, @sum)
            ON CONFLICT(id) DO UPDATE SET name=excluded.name, owner=excluded.owner, status=excluded.status, created_at=excluded.created_at,
            updated_at=excluded.updated_at, view=excluded.view, sum=excluded.sum
            """);
        command.Parameters.AddWithValue("@id", row.Id);
        command.Parameters.AddWithValue("@name", row.Name);
        command.Parameters.AddWithValue("@owner", row.Owner);
        command.Parameters.AddWithValue("@status", row.Status);
        command.Parameters.AddWithValue("@created", row.CreatedAt);
        command.Parameters.AddWithValue("@updated", _clock.GetUtcNow().ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("@view", row.View);
        command.Parameters.AddWithValue("@sum", row.Sum());
        try
        {
            return command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            // The session itself is saved; that it is listed as it was a moment ago must not stop it.
            _log.LogWarning("{File}: session {Session} could not be listed anew ({Reason}); it goes on", _folder.Directory, session.SessionId, e.Message);
            return 0;
        }
    }, cancellation);

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => InTurnAsync(() =>
    {
        using var command = Command("SELECT id, name, owner, status, created_at, view, sum FROM sessions WHERE id=@id");
        command.Parameters.AddWithValue("@id", session.ToString("D"));
        return Rows(command).Count == 0
            ? true
            : throw new GrainDamagedException(_folder.GrainStore, $"session/{session:D}", "it holds nothing of it, although the list of sessions knows it");
    }, cancellation);

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => InTurnAsync(() =>
    {
        var order = query.Sort switch
        {
            "updated_at" => "updated_at DESC, id DESC",
            "name" => "name COLLATE NOCASE, id",
            _ => "created_at DESC, id DESC",
        };
        const string Where = "WHERE (@status IS NULL OR status=@status) AND (@owner IS NULL OR owner=@owner)";
        using var count = Command($"SELECT count(*) FROM sessions {Where}");
        using var rows = Command($"SELECT id, name, owner, status, created_at, view, sum FROM sessions {Where} ORDER BY {order} LIMIT @limit OFFSET @offset");
        foreach (var command in new[] { count, rows })
        {
            command.Parameters.AddWithValue("@status", query.Status is { } status ? Name(status) : DBNull.Value);
            command.Parameters.AddWithValue("@owner", (object?)query.Owner ?? DBNull.Value);
        }
        rows.Parameters.AddWithValue("@limit", query.Limit);
        rows.Parameters.AddWithValue("@offset", (query.Page - 1L) * query.Limit);
        return new SessionListPage(
            [.. Rows(rows).Select(row => JsonSerializer.Deserialize<SessionView>(row.View)!)], Convert.ToInt64(count.ExecuteScalar()));
    }, cancellation);

    /// <summary>Sessions that still have something to do.</summary>
    public Task<ImmutableArray<Guid>> UnfinishedAsync(CancellationToken cancellation) => InTurnAsync(() =>
    {
        using var command = Command(
            $"SELECT id, name, owner, status, created_at, view, sum FROM sessions WHERE status IN ({string.Join(',', _unfinished.Select(name => $"'{name}'"))})");
        return Rows(command).Select(row => Guid.ParseExact(row.Id, "D")).ToImmutableArray();
    }, cancellation);

    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    internal static string Name(SessionStatus status) => status.ToString().ToLowerInvariant();

    private SqliteConnection Open()
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _folder.Directory, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;";
            command.ExecuteNonQuery();
            command.CommandText = "PRAGMA user_version";
            var found = Convert.ToInt32(command.ExecuteScalar());
            if (found > Schema)
                throw new InvalidDataException($"{_folder.Directory} has schema {found}; this Lucid knows {Schema}. Run the newer Lucid that wrote it.");
            // An older list has no checksums; it is made again.
            IsNew |= found != Schema;
            command.CommandText = $"""
                {(found == Schema ? "" : "DROP TABLE IF EXISTS sessions;")}
                CREATE TABLE IF NOT EXISTS sessions(
                    id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
                    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
                CREATE INDEX IF NOT EXISTS sessions_created ON sessions(created_at DESC);
                CREATE INDEX IF NOT EXISTS sessions_updated ON sessions(updated_at DESC);
                CREATE INDEX IF NOT EXISTS sessions_status ON sessions(status, created_at DESC);
                PRAGMA user_version={Schema};
                """;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The rows that are what was written; the others are left to be repaired.</summary>
    private List<Row> Rows(SqliteCommand command)
    {
        var rows = new List<Row>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new Row(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5));
            if (row.Sum() == reader.GetInt64(6))
            {
                rows.Add(row);
                continue;
            }
            _log.LogWarning("{File}: the row of session {Session} is damaged and left out until its session has written it anew", _folder.Directory, row.Id);
            if (Guid.TryParseExact(row.Id, "D", out var session))
                Repair?.Invoke(session);
        }
        return rows;
    }

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new GrainStoreException($"{_folder.Directory}, the list of sessions, cannot be read ({e.Message}). Recording goes on. Stop the node, move the file away and start it: the list is made again from the sessions.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException)
        {
            // SQLite keeps the type with each value, and a flipped bit may turn it into another.
            throw new GrainStoreException($"{_folder.Directory}, the list of sessions, is damaged ({e.Message}). Recording goes on. Stop the node, move the file away and start it: the list is made again from the sessions.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

#pragma warning disable CA2100 // Every text is a constant of this file; values are parameters.
    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
#pragma warning restore CA2100

    internal readonly record struct Row(string Id, string Name, string Owner, string Status, long CreatedAt, string View)
    {
        public static Row Of(SessionView session) => new(
            session.SessionId.ToString("D"), session.Name, session.Owner, SessionDirectory.Name(session.Status),
            session.CreatedAt.ToUnixTimeMilliseconds(), JsonSerializer.Serialize(session));

        public long Sum() => Crc32.Of(JsonSerializer.SerializeToUtf8Bytes((string[])[Id, Name, Owner, Status, CreatedAt.ToString(CultureInfo.InvariantCulture), View]));
    }
}
