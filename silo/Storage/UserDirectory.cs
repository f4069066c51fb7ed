using System.Globalization;
using System.Text.Json;
using Lucid.Evidence.Compression;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.Silo.Search;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The list of users in a <see cref="DirectoryFile"/>, beside the sessions and under the same rules: a damaged row is left out until its user
/// has written it anew, and a user whose row cannot be written goes on.
/// </summary>
public sealed class UserDirectory(DirectoryFile file, ILogger<UserDirectory> log) : IUserDirectory
{
    /// <summary>Told of users whose rows turned out to be damaged, to write them anew.</summary>
    public Action<string>? Repair { get; set; }

    public Task UpsertAsync(UserView user, CancellationToken cancellation) => file.Writer.InTurnAsync(() =>
    {
        var row = Row.Of(user);
        try
        {
            using var transaction = file.Writer.Begin();
            using var command = file.Writer.Command(
                """
                INSERT INTO users(id, role, status, created_at, view, sum) VALUES(@id, @role, @status, @created, @view, @sum)
                ON CONFLICT(id) DO UPDATE SET role=excluded.role, status=excluded.status, created_at=excluded.created_at, view=excluded.view, sum=excluded.sum
                RETURNING place
                """,
                ("@id", row.Id), ("@role", row.Role), ("@status", row.Status), ("@created", row.CreatedAt), ("@view", row.View), ("@sum", row.Sum()));
            file.WriteWords("user_words", (long)command.ExecuteScalar()!, string.Join(' ', SearchWords.Of(user)));
            transaction.Commit();
            return true;
        }
        catch (SqliteException e)
        {
            // The user is saved; that they are listed as they were a moment ago must not keep them out.
            log.LogWarning("{File}: user {User} could not be listed anew ({Reason}) and goes on", file.Path, user.UserId, e.Message);
            return false;
        }
    }, cancellation);

    public Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation)
    {
        query.After?.RequireSort(UserListQuery.Sort);
        var words = query.Search is { } text ? SearchWords.Asked(text) : default;
        return file.Reader.InTurnAsync(() =>
        {
            var where = new SqliteConditions();
            if (query.Role is { } role)
                where.Add("role=@role", ("@role", DirectoryNames.Of(role)));
            if (query.Status is { } status)
                where.Add("status=@status", ("@status", DirectoryNames.Of(status)));
            if (!words.IsDefault)
                where.AddWords(file.Reader, "user_words", words);
            var total = query.After is null ? where.Total ?? Count(where) : (long?)null;
            if (query.After is { } place)
                where.Add("(created_at, id) < (@time, @last)", ("@time", place.Time / 1000), ("@last", place.Id));
            // One more than asked for tells whether more follow.
            using var command = file.Reader.Command(
                $"SELECT id, role, status, created_at, view, sum FROM users {where} ORDER BY created_at DESC, id DESC LIMIT @limit OFFSET @offset",
                [.. where.Values, ("@limit", query.Limit + 1), ("@offset", query.After is null ? (query.Page - 1L) * query.Limit : 0)]);
            var rows = Read(command);
            return new UserListPage([.. rows.Take(query.Limit).Select(Whole).OfType<UserView>()], total)
            {
                // Where a row is damaged, its place is still the one that it is found at.
                Next = rows.Count > query.Limit && rows[query.Limit - 1].Row is var last
                    ? new ListPosition(UserListQuery.Sort, last.Id) { Time = last.CreatedAt * 1000 }
                    : null,
            };
        }, cancellation);
    }

    private long Count(SqliteConditions where)
    {
        using var count = file.Reader.Command($"SELECT count(*) FROM users {where}", [.. where.Values]);
        return (long)count.ExecuteScalar()!;
    }

    private static List<(Row Row, bool IsWhole)> Read(SqliteCommand command)
    {
        List<(Row, bool)> rows = [];
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new Row(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetString(4));
            rows.Add((row, row.Sum() == reader.GetInt64(5)));
        }
        return rows;
    }

    /// <summary>What was written; null where it is damaged, which is left to be repaired.</summary>
    private UserView? Whole((Row Row, bool IsWhole) stored)
    {
        if (stored.IsWhole)
            return JsonSerializer.Deserialize<UserView>(stored.Row.View);
        log.LogWarning("{File}: the row of user {User} is damaged and left out until they have written it anew", file.Path, stored.Row.Id);
        Repair?.Invoke(stored.Row.Id);
        return null;
    }

    internal readonly record struct Row(string Id, string Role, string Status, long CreatedAt, string View)
    {
        public static Row Of(UserView user) => new(
            user.UserId, DirectoryNames.Of(user.Role), DirectoryNames.Of(user.Status), user.CreatedAt.ToUnixTimeMilliseconds(), JsonSerializer.Serialize(user));

        public long Sum() => Crc32.Of(JsonSerializer.SerializeToUtf8Bytes((string[])[Id, Role, Status, CreatedAt.ToString(CultureInfo.InvariantCulture), View]));
    }
}
