using System.Collections.Immutable;
using System.Text.Json;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;
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
    public async Task UpsertAsync(SessionView session, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view, search)
                VALUES(@id, @name, @owner, @description, @status, @created, @updated, @view, array_to_tsvector(@words))
                ON CONFLICT(id) DO UPDATE SET name=excluded.name, owner=excluded.owner, description=excluded.description, status=excluded.status,
                created_at=excluded.created_at, updated_at=excluded.updated_at, view=excluded.view, search=excluded.search
                """, connection);
            command.Parameters.AddWithValue("id", session.SessionId);
            command.Parameters.AddWithValue("name", PostgresConditions.Text(session.Name));
            command.Parameters.AddWithValue("owner", PostgresConditions.Text(session.Owner));
            command.Parameters.AddWithValue("description", PostgresConditions.Text(session.Description ?? ""));
            command.Parameters.AddWithValue("status", DirectoryNames.Of(session.Status));
            command.Parameters.AddWithValue("created", session.CreatedAt.ToUniversalTime());
            command.Parameters.AddWithValue("updated", clock.GetUtcNow());
            command.Parameters.AddWithValue("view", JsonSerializer.Serialize(session with { Lease = null }));
            command.Parameters.AddWithValue("words", NpgsqlDbType.Array | NpgsqlDbType.Text, SearchWords.Of(session).ToArray());
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or DatabaseUnreachableException)
        {
            // The session itself is saved; that it is listed as it was a moment ago must not stop it.
            log.LogWarning("{Database}: session {Session} could not be listed anew ({Reason}); it goes on", database.Name, session.SessionId, e.Message);
        }
    }

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => database.ReadAsync("sessions", async connection =>
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM lucid_sessions WHERE id=@id)", connection);
        command.Parameters.AddWithValue("id", session);
        return await command.ExecuteScalarAsync(cancellation) is false
            ? true
            : throw new GrainDamagedException(database.Name, $"session/{session:D}", "it holds nothing of it, although the list of sessions knows it");
    }, cancellation);

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation)
    {
        query.After?.RequireSort(query.Sort);
        // Every order has its index, and the server goes by the filter's instead where the values make that cheaper.
        var (key, order, after) = query.Sort switch
        {
            "updated_at" => ("updated_at", "updated_at DESC, id DESC", "(updated_at, id) < (@time, @last)"),
            "name" => ("name", "lower(name COLLATE \"C\"), id", "(lower(name COLLATE \"C\"), id) > (lower(@name COLLATE \"C\"), @last)"),
            _ => ("created_at", "created_at DESC, id DESC", "(created_at, id) < (@time, @last)"),
        };
        var where = new PostgresConditions();
        if (query.Status is { } status)
            where.Add("status=@status", ("status", DirectoryNames.Of(status)));
        if (query.Owner is { } owner)
            where.Add("owner=@owner", ("owner", PostgresConditions.Text(owner)));
        if (query.Search is { } text)
            where.AddWords(SearchWords.Asked(text));
        var counted = $"SELECT count(*) FROM lucid_sessions {where}";
        if (query.After is { } place)
            where.Add(after, ("time", PostgresConditions.Time(place)), ("name", PostgresConditions.Text(place.Name)), ("last", Id(place)));
        return database.ReadAsync("sessions", async connection =>
        {
            // One more than asked for tells whether more follow.
            await using var rows = where.Command(connection, $"SELECT view, id, {key} FROM lucid_sessions {where} ORDER BY {order} LIMIT @limit OFFSET @offset");
            rows.Parameters.AddWithValue("limit", query.Limit + 1);
            rows.Parameters.AddWithValue("offset", query.After is null ? (query.Page - 1L) * query.Limit : 0);
            var sessions = ImmutableArray.CreateBuilder<SessionView>();
            ListPosition? last = null, next = null;
            await using (var reader = await rows.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation))
                {
                    if (sessions.Count == query.Limit)
                    {
                        next = last;
                        break;
                    }
                    sessions.Add(JsonSerializer.Deserialize<SessionView>(reader.GetString(0))!);
                    last = Place(reader, query.Sort);
                }
            }
            await using var count = where.Command(connection, counted);
            return new SessionListPage(sessions.ToImmutable(), query.After is null ? (long)(await count.ExecuteScalarAsync(cancellation))! : null) { Next = next };
        }, cancellation);
    }

    /// <summary>Sessions of that recorder that still have something to do.</summary>
    public Task<ImmutableArray<Guid>> UnfinishedAsync(string recorder, CancellationToken cancellation) => database.ReadAsync("sessions", async connection =>
    {
        // A name needs no escaping, in JSON neither.
        await using var command = new NpgsqlCommand("SELECT id FROM lucid_sessions WHERE status = ANY(@unfinished) AND position(@recorder IN view) > 0", connection);
        command.Parameters.AddWithValue("unfinished", DirectoryNames.Unfinished.ToArray());
        command.Parameters.AddWithValue("recorder", $"\"{nameof(SessionView.Recorder)}\":\"{recorder}\"");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var sessions = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            sessions.Add(reader.GetGuid(0));
        return sessions.ToImmutable();
    }, cancellation);

    private static ListPosition Place(NpgsqlDataReader row, string sort) => row.GetValue(2) is string name
        ? new ListPosition(sort, row.GetGuid(1).ToString("D")) { Name = name }
        : new ListPosition(sort, row.GetGuid(1).ToString("D")) { Time = PostgresConditions.Microseconds(row.GetDateTime(2)) };

    private static Guid Id(ListPosition place) => Guid.TryParseExact(place.Id, "D", out var id)
        ? id
        : throw new InvalidRequestException($"The place to go on from names session '{place.Id}', which is no UUID; begin the list anew.");
}
