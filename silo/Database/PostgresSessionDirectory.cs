using System.Collections.Immutable;
using System.Text.Json;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lucid.Silo.Database;

/// <summary>
/// The list of sessions of a cluster in PostgreSQL, shared by its silos. As with the list of one machine, the grains are the truth: a session
/// whose row cannot be written goes on. Unlike there no row carries a checksum; that is the server's business (initdb --data-checksums).
/// </summary>
public sealed class PostgresSessionDirectory(ClusterDatabase database, TimeProvider clock, ILogger<PostgresSessionDirectory> log) : ISessionDirectory
{
    private static readonly string[] _unfinished =
        [.. new[] { SessionStatus.Created, SessionStatus.Recording, SessionStatus.Paused, SessionStatus.Sealing, SessionStatus.Anchoring }.Select(SessionDirectory.Name)];

    public async Task UpsertAsync(SessionView session, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view)
                VALUES(@id, @name, @owner, @description, @status, @created, @updated, @view)
                ON CONFLICT(id) DO UPDATE SET name=excluded.name, owner=excluded.owner, description=excluded.description, status=excluded.status,
                created_at=excluded.created_at, updated_at=excluded.updated_at, view=excluded.view
                """, connection);
            command.Parameters.AddWithValue("id", session.SessionId);
            command.Parameters.AddWithValue("name", Text(session.Name));
            command.Parameters.AddWithValue("owner", Text(session.Owner));
            command.Parameters.AddWithValue("description", Text(session.Description ?? ""));
            command.Parameters.AddWithValue("status", SessionDirectory.Name(session.Status));
            command.Parameters.AddWithValue("created", session.CreatedAt.ToUniversalTime());
            command.Parameters.AddWithValue("updated", clock.GetUtcNow());
            command.Parameters.AddWithValue("view", JsonSerializer.Serialize(session with { Lease = null }));
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or DatabaseUnreachableException)
        {
            // The session itself is saved; that it is listed as it was a moment ago must not stop it.
            log.LogWarning("{Database}: session {Session} could not be listed anew ({Reason}); it goes on", database.Name, session.SessionId, e.Message);
        }
    }

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => ReadAsync(async connection =>
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM lucid_sessions WHERE id=@id)", connection);
        command.Parameters.AddWithValue("id", session);
        return await command.ExecuteScalarAsync(cancellation) is false
            ? true
            : throw new GrainDamagedException(database.Name, $"session/{session:D}", "it holds nothing of it, although the list of sessions knows it");
    }, cancellation);

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => ReadAsync(async connection =>
    {
        // The server plans each with its values, so a condition that is not asked for costs nothing, and every order has its index.
        const string Where = "WHERE (@status::text IS NULL OR status=@status) AND (@owner::text IS NULL OR owner=@owner)";
        var order = query.Sort switch
        {
            "updated_at" => "updated_at DESC, id DESC",
            "name" => "lower(name COLLATE \"C\"), id",
            _ => "created_at DESC, id DESC",
        };
#pragma warning disable CA2100 // Every text is a constant of this method; values are parameters.
        await using var count = new NpgsqlCommand($"SELECT count(*) FROM lucid_sessions {Where}", connection);
        await using var rows = new NpgsqlCommand($"SELECT view FROM lucid_sessions {Where} ORDER BY {order} LIMIT @limit OFFSET @offset", connection);
#pragma warning restore CA2100
        foreach (var command in (NpgsqlCommand[])[count, rows])
        {
            command.Parameters.AddWithValue("status", NpgsqlDbType.Text, query.Status is { } status ? SessionDirectory.Name(status) : DBNull.Value);
            command.Parameters.AddWithValue("owner", NpgsqlDbType.Text, query.Owner is { } owner ? Text(owner) : DBNull.Value);
        }
        rows.Parameters.AddWithValue("limit", query.Limit);
        rows.Parameters.AddWithValue("offset", (query.Page - 1L) * query.Limit);
        var sessions = ImmutableArray.CreateBuilder<SessionView>();
        await using (var reader = await rows.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
                sessions.Add(JsonSerializer.Deserialize<SessionView>(reader.GetString(0))!);
        }
        return new SessionListPage(sessions.ToImmutable(), (long)(await count.ExecuteScalarAsync(cancellation))!);
    }, cancellation);

    /// <summary>Sessions of that recorder that still have something to do.</summary>
    public Task<ImmutableArray<Guid>> UnfinishedAsync(string recorder, CancellationToken cancellation) => ReadAsync(async connection =>
    {
        // A name needs no escaping, in JSON neither.
        await using var command = new NpgsqlCommand("SELECT id FROM lucid_sessions WHERE status = ANY(@unfinished) AND position(@recorder IN view) > 0", connection);
        command.Parameters.AddWithValue("unfinished", _unfinished);
        command.Parameters.AddWithValue("recorder", $"\"{nameof(SessionView.Recorder)}\":\"{recorder}\"");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var sessions = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            sessions.Add(reader.GetGuid(0));
        return sessions.ToImmutable();
    }, cancellation);

    // PostgreSQL's text has no NUL. These columns are for order and search only; the view has the text as it is.
    private static string Text(string text) => text.Replace('\0', ' ');

    private async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            return await read(connection);
        }
        catch (NpgsqlException e)
        {
            throw new GrainStoreException($"{database.Name}: the list of sessions cannot be read ({e.Message}). Recording goes on; try again.", e);
        }
        catch (DatabaseUnreachableException e)
        {
            throw new GrainStoreException($"{e.Message} Recording goes on; try again.", e);
        }
    }
}
