using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>The users of directory.db: each row has its checksum, and its columns are those of its view.</summary>
internal sealed class DirectoryUsersAudit(SqliteSnapshot directory)
{
    private static readonly JsonSerializerOptions _strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public IEnumerable<string> Faults()
    {
        var rows = directory.Query("SELECT id, role, status, created_at, view, sum FROM users", row =>
            (Row: new UserDirectory.Row(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetString(4)), Sum: row.GetInt64(5)));
        foreach (var (row, sum) in rows)
        {
            if (row.Sum() != sum)
                yield return $"the row of user {row.Id} does not have its checksum";
            else if (Read(row.View) is not { } view || (view.UserId, DirectoryNames.Of(view.Role), DirectoryNames.Of(view.Status), view.CreatedAt.ToUnixTimeMilliseconds()) != (row.Id, row.Role, row.Status, row.CreatedAt))
                yield return $"the columns of user {row.Id} are not those of their view";
        }
    }

    private static UserView? Read(string view)
    {
        try
        {
            return JsonSerializer.Deserialize<UserView>(view, _strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
