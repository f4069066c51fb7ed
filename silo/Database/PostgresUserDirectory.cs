using System.Collections.Immutable;
using System.Text.Json;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.Silo.Search;
using Lucid.Silo.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lucid.Silo.Database;

/// <summary>The list of users of a cluster in PostgreSQL. As with the sessions the grains are the truth: a user whose row cannot be written goes on.</summary>
public sealed class PostgresUserDirectory(ClusterDatabase database, ILogger<PostgresUserDirectory> log) : IUserDirectory
{
    public async Task UpsertAsync(UserView user, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO lucid_user(id, role, status, name, email, created_at, last_login_at, view, search)
                VALUES(@id, @role, @status, @name, @email, @created, @login, @view, array_to_tsvector(@words))
                ON CONFLICT(id) DO UPDATE SET role=excluded.role, status=excluded.status, name=excluded.name, email=excluded.email,
                created_at=excluded.created_at, last_login_at=excluded.last_login_at, view=excluded.view, search=excluded.search
                """, connection);
            command.Parameters.AddWithValue("id", PostgresConditions.Text(user.UserId));
            command.Parameters.AddWithValue("role", DirectoryNames.Of(user.Role));
            command.Parameters.AddWithValue("status", DirectoryNames.Of(user.Status));
            command.Parameters.AddWithValue("name", PostgresConditions.Text(user.Name ?? ""));
            command.Parameters.AddWithValue("email", PostgresConditions.Text(user.Email ?? ""));
            command.Parameters.AddWithValue("created", user.CreatedAt.ToUniversalTime());
            command.Parameters.AddWithValue("login", NpgsqlDbType.TimestampTz, user.LastLoginAt is { } login ? login.ToUniversalTime() : DBNull.Value);
            command.Parameters.AddWithValue("view", JsonSerializer.Serialize(user));
            command.Parameters.AddWithValue("words", NpgsqlDbType.Array | NpgsqlDbType.Text, SearchWords.Of(user).ToArray());
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or DatabaseUnreachableException)
        {
            // The user is saved; that they are listed as they were a moment ago must not keep them out.
            log.LogWarning("{Database}: user {User} could not be listed anew ({Reason}) and goes on", database.Name, user.UserId, e.Message);
        }
    }

    public Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation)
    {
        query.After?.RequireSort(UserListQuery.Sort);
        var where = new PostgresConditions();
        if (query.Role is { } role)
            where.Add("role=@role", ("role", DirectoryNames.Of(role)));
        if (query.Status is { } status)
            where.Add("status=@status", ("status", DirectoryNames.Of(status)));
        if (query.Search is { } text)
            where.AddWords(SearchWords.Asked(text));
        var counted = $"SELECT count(*) FROM lucid_user {where}";
        if (query.After is { } place)
            where.Add("(created_at, id) < (@time, @last)", ("time", PostgresConditions.Time(place)), ("last", PostgresConditions.Text(place.Id)));
        return database.ReadAsync("users", async connection =>
        {
            // One more than asked for tells whether more follow.
            await using var rows = where.Command(connection, $"SELECT view, created_at, id FROM lucid_user {where} ORDER BY created_at DESC, id DESC LIMIT @limit OFFSET @offset");
            rows.Parameters.AddWithValue("limit", query.Limit + 1);
            rows.Parameters.AddWithValue("offset", query.After is null ? (query.Page - 1L) * query.Limit : 0);
            var users = ImmutableArray.CreateBuilder<UserView>();
            ListPosition? last = null, next = null;
            await using (var reader = await rows.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation))
                {
                    if (users.Count == query.Limit)
                    {
                        next = last;
                        break;
                    }
                    users.Add(JsonSerializer.Deserialize<UserView>(reader.GetString(0))!);
                    last = new ListPosition(UserListQuery.Sort, reader.GetString(2)) { Time = PostgresConditions.Microseconds(reader.GetDateTime(1)) };
                }
            }
            await using var count = where.Command(connection, counted);
            return new UserListPage(users.ToImmutable(), query.After is null ? (long)(await count.ExecuteScalarAsync(cancellation))! : null) { Next = next };
        }, cancellation);
    }
}
