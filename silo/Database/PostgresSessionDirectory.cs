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
    public async Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view, search,
                chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms, auditors, shared_until)
                VALUES(@id, @name, @owner, @description, @status, @created, @updated, @view, array_to_tsvector(@words),
                @chunks, @size, @stored, @duration, @gaps, @gap_ms, @auditors, @until)
                ON CONFLICT(id) DO UPDATE SET name=excluded.name, owner=excluded.owner, description=excluded.description, status=excluded.status,
                created_at=excluded.created_at, updated_at=excluded.updated_at, view=excluded.view, search=excluded.search, chunk_count=excluded.chunk_count,
                size_bytes=excluded.size_bytes, stored_bytes=excluded.stored_bytes, duration_ms=excluded.duration_ms, gap_count=excluded.gap_count,
                gap_ms=excluded.gap_ms, auditors=excluded.auditors, shared_until=excluded.shared_until
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
            command.Parameters.AddWithValue("chunks", session.ChunkCount);
            command.Parameters.AddWithValue("size", session.SizeBytes);
            command.Parameters.AddWithValue("stored", session.StoredBytes);
            command.Parameters.AddWithValue("duration", session.DurationMs);
            command.Parameters.AddWithValue("gaps", session.GapCount);
            command.Parameters.AddWithValue("gap_ms", session.GapMs);
            command.Parameters.AddWithValue("auditors", NpgsqlDbType.Array | NpgsqlDbType.Text, shares.Select(share => PostgresConditions.Text(share.Auditor)).ToArray());
            command.Parameters.AddWithValue("until", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz, shares.Select(share => share.ExpiresAt.ToUniversalTime()).ToArray());
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
        if (query.SharedWith is { } auditor)
            where.Add("auditors <> '{}' AND auditors @> ARRAY[@auditor] AND shared_until[array_position(auditors, @auditor)] > @now", ("auditor", PostgresConditions.Text(auditor)), ("now", clock.GetUtcNow()));
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

    public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation)
    {
        var where = new PostgresConditions();
        if (owner is not null)
            where.Add("owner=@owner", ("owner", PostgresConditions.Text(owner)));
        return database.ReadAsync("sessions", async connection =>
        {
            // A sum of bigint is numeric, which is no long.
            await using var command = where.Command(connection,
                $"""
                SELECT status, count(*), sum(chunk_count)::bigint, sum(size_bytes)::bigint, sum(stored_bytes)::bigint, sum(duration_ms)::bigint, sum(gap_count)::bigint, sum(gap_ms)::bigint
                FROM lucid_sessions {where} GROUP BY status
                """);
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            return SessionSums.Read(rows);
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
