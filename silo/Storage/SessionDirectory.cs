using System.Collections.Immutable;
using System.Text.Json;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The list of sessions in SQLite. Derived from the grains, so it is not flushed on every write: a killed process loses nothing, a power cut
/// at most rows that <see cref="UnfinishedAsync"/> makes good at the next start.
/// </summary>
public sealed class SessionDirectory : ISessionDirectory, IDisposable
{
    internal const int Schema = 1;
    private static readonly ImmutableArray<string> _unfinished =
        [.. new[] { SessionStatus.Created, SessionStatus.Recording, SessionStatus.Paused, SessionStatus.Sealing, SessionStatus.Anchoring }.Select(Name)];

    private readonly SqliteConnection _connection;

    // One connection, one statement at a time: each takes microseconds, and SQLite has one writer anyway.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TimeProvider _clock;
    private readonly DataFolder _folder;

    /// <exception cref="InvalidDataException">The file is of a newer Lucid. The message names it.</exception>
    public SessionDirectory(DataFolder folder, TimeProvider clock)
    {
        (_clock, _folder) = (clock, folder);
        IsNew = !File.Exists(folder.Directory);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = folder.Directory, Pooling = false }.ToString());
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
        var found = Convert.ToInt32(Scalar("PRAGMA user_version"));
        if (found > Schema)
            throw new InvalidDataException($"{folder.Directory} has schema {found}; this Lucid knows {Schema}. Run the newer Lucid that wrote it.");
        Execute($"""
            CREATE TABLE IF NOT EXISTS sessions(
                id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
                created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, view TEXT NOT NULL) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS sessions_created ON sessions(created_at DESC);
            CREATE INDEX IF NOT EXISTS sessions_updated ON sessions(updated_at DESC);
            CREATE INDEX IF NOT EXISTS sessions_status ON sessions(status, created_at DESC);
            PRAGMA user_version={Schema};
            """);
    }

    /// <summary>There was none: whoever opened it has to wake the sessions that it should list.</summary>
    public bool IsNew { get; }

    public Task UpsertAsync(SessionView session, CancellationToken cancellation) => InTurnAsync(() =>
    {
        using var command = Command(
            """
            INSERT INTO sessions(id, name, owner, status, created_at, updated_at, view) VALUES(@id, @name, @owner, @status, @created, @updated, @view)
            ON CONFLICT(id) DO UPDATE SET status=excluded.status, updated_at=excluded.updated_at, view=excluded.view
            """);
        command.Parameters.AddWithValue("@id", session.SessionId.ToString("D"));
        command.Parameters.AddWithValue("@name", session.Name);
        command.Parameters.AddWithValue("@owner", session.Owner);
        command.Parameters.AddWithValue("@status", Name(session.Status));
        command.Parameters.AddWithValue("@created", session.CreatedAt.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("@updated", _clock.GetUtcNow().ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("@view", JsonSerializer.Serialize(session with { Lease = null }));
        return command.ExecuteNonQuery();
    }, cancellation);

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => InTurnAsync(() =>
    {
        using var command = Command("SELECT count(*) FROM sessions WHERE id=@id");
        command.Parameters.AddWithValue("@id", session.ToString("D"));
        return Convert.ToInt64(command.ExecuteScalar()) == 0
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
        using var rows = Command($"SELECT view FROM sessions {Where} ORDER BY {order} LIMIT @limit OFFSET @offset");
        foreach (var command in new[] { count, rows })
        {
            command.Parameters.AddWithValue("@status", query.Status is { } status ? Name(status) : DBNull.Value);
            command.Parameters.AddWithValue("@owner", (object?)query.Owner ?? DBNull.Value);
        }
        rows.Parameters.AddWithValue("@limit", query.Limit);
        rows.Parameters.AddWithValue("@offset", (query.Page - 1L) * query.Limit);
        return new SessionListPage([.. Views(rows)], Convert.ToInt64(count.ExecuteScalar()));
    }, cancellation);

    /// <summary>Sessions that still have something to do.</summary>
    public Task<ImmutableArray<Guid>> UnfinishedAsync(CancellationToken cancellation) => InTurnAsync(() =>
    {
        using var command = Command($"SELECT id FROM sessions WHERE status IN ({string.Join(',', _unfinished.Select(name => $"'{name}'"))})");
        using var reader = command.ExecuteReader();
        var ids = ImmutableArray.CreateBuilder<Guid>();
        while (reader.Read())
            ids.Add(Guid.ParseExact(reader.GetString(0), "D"));
        return ids.ToImmutable();
    }, cancellation);

    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    internal static string Name(SessionStatus status) => status.ToString().ToLowerInvariant();

    private static IEnumerable<SessionView> Views(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return JsonSerializer.Deserialize<SessionView>(reader.GetString(0))!;
    }

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return work();
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

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }
}
