using System.Text.Json;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Storage;

/// <summary>
/// The tables of <see cref="DirectoryFile"/>. Full-text search is FTS5 over words that are cut already, so its tokenizer has nothing to
/// decide: "ascii" parts at spaces, and takes every letter beyond ASCII as it is. No positions are kept, since nobody asks for phrases.
/// </summary>
internal static class DirectorySchema
{
    public const int Version = 3;

    /// <summary>Before, rows had no checksums, and the list is made again.</summary>
    public const int WithSums = 2;

    /// <summary>Before, there were no users and no words.</summary>
    public const int WithUsers = 3;

    private const string Tables = """
        CREATE TABLE sessions(
            place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL COLLATE NOCASE, owner TEXT NOT NULL, status TEXT NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL);
        CREATE INDEX sessions_created ON sessions(created_at DESC, id DESC);
        CREATE INDEX sessions_updated ON sessions(updated_at DESC, id DESC);
        CREATE INDEX sessions_name ON sessions(name, id);
        CREATE INDEX sessions_status ON sessions(status, created_at DESC, id DESC);
        CREATE INDEX sessions_owner ON sessions(owner, created_at DESC, id DESC);
        CREATE VIRTUAL TABLE session_words USING fts5(words, tokenize = 'ascii', detail = 'none', columnsize = 0);
        CREATE TABLE users(
            place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, role TEXT NOT NULL, status TEXT NOT NULL,
            created_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL);
        CREATE INDEX users_created ON users(created_at DESC, id DESC);
        CREATE INDEX users_role ON users(role, created_at DESC, id DESC);
        CREATE INDEX users_status ON users(status, created_at DESC, id DESC);
        CREATE VIRTUAL TABLE user_words USING fts5(words, tokenize = 'ascii', detail = 'none', columnsize = 0);
        """;

    /// <summary>The version of a file; 0 of a new one.</summary>
    public static int Found(DirectoryConnection connection)
    {
        using var command = connection.Command("PRAGMA user_version");
        return Convert.ToInt32(command.ExecuteScalar());
    }

    /// <summary>Makes the tables, or those of an older version anew with what they hold. All of it or, where it is cut off, nothing.</summary>
    public static void Apply(DirectoryConnection connection, int found)
    {
        if (found == Version)
        {
            // Damage that opening alone would not notice is noticed here.
            Run("SELECT count(*) FROM sqlite_master");
            return;
        }
        using var transaction = connection.Begin();
        if (found == WithSums)
            Run("ALTER TABLE sessions RENAME TO sessions_of_2; DROP INDEX sessions_created; DROP INDEX sessions_updated; DROP INDEX sessions_status;");
        else
            Run("DROP TABLE IF EXISTS sessions");
        Run(Tables);
        if (found == WithSums)
        {
            Run("""
                INSERT INTO sessions(id, name, owner, status, created_at, updated_at, view, sum)
                SELECT id, name, owner, status, created_at, updated_at, view, sum FROM sessions_of_2;
                DROP TABLE sessions_of_2;
                """);
            FillWords(connection);
        }
        Run($"PRAGMA user_version={Version}");
        transaction.Commit();

        void Run(string sql)
        {
            using var command = connection.Command(sql);
            command.ExecuteNonQuery();
        }
    }

    private static void FillWords(DirectoryConnection connection)
    {
        using var rows = connection.Command("SELECT place, id, name, owner, status, created_at, view, sum FROM sessions");
        using var write = connection.Command("INSERT INTO session_words(rowid, words) VALUES(@place, @words)");
        var (place, words) = (write.Parameters.Add("@place", SqliteType.Integer), write.Parameters.Add("@words", SqliteType.Text));
        using var reader = rows.ExecuteReader();
        while (reader.Read())
        {
            var row = new SessionDirectory.Row(
                reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt64(5), reader.GetString(6));
            // A damaged row gets no words. Listing it notices, and its session then writes it anew.
            if (row.Sum() != reader.GetInt64(7))
                continue;
            (place.Value, words.Value) = (reader.GetInt64(0), string.Join(' ', SearchWords.Of(JsonSerializer.Deserialize<SessionView>(row.View)!)));
            write.ExecuteNonQuery();
        }
    }
}
