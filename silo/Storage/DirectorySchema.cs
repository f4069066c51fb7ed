using System.Text.Json;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;

namespace Lucid.Silo.Storage;

/// <summary>
/// The tables of <see cref="DirectoryFile"/>. Full-text search is FTS5 over words that are cut already, so its tokenizer has nothing to
/// decide: "ascii" parts at spaces, and takes every letter beyond ASCII as it is. No positions are kept, since nobody asks for phrases.
/// </summary>
internal static class DirectorySchema
{
    public const int Version = 4;

    /// <summary>Before, rows had no checksums, and the list is made again.</summary>
    public const int WithSums = 2;

    /// <summary>Before, there were no users and no words.</summary>
    public const int WithUsers = 3;

    /// <summary>Before, it was not known with whom sessions are shared: they are woken to say so.</summary>
    public const int WithShares = 4;

    private const string Sessions = """
        CREATE TABLE sessions(
            place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL COLLATE NOCASE, owner TEXT NOT NULL, status TEXT NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, chunk_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL, stored_bytes INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL, gap_count INTEGER NOT NULL, gap_ms INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL);
        CREATE INDEX sessions_created ON sessions(created_at DESC, id DESC);
        CREATE INDEX sessions_updated ON sessions(updated_at DESC, id DESC);
        CREATE INDEX sessions_name ON sessions(name, id);
        CREATE INDEX sessions_status ON sessions(status, created_at DESC, id DESC);
        CREATE INDEX sessions_owner ON sessions(owner, created_at DESC, id DESC);
        CREATE INDEX sessions_sums ON sessions(owner, status, chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms);
        CREATE TABLE session_shares(place INTEGER NOT NULL, auditor TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY(place, auditor)) WITHOUT ROWID;
        CREATE INDEX session_shares_auditor ON session_shares(auditor, expires_at);
        """;

    private const string Others = """
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
        if (found >= WithSums)
            Run("""
                ALTER TABLE sessions RENAME TO sessions_before;
                DROP INDEX IF EXISTS sessions_created; DROP INDEX IF EXISTS sessions_updated; DROP INDEX IF EXISTS sessions_name; DROP INDEX IF EXISTS sessions_status; DROP INDEX IF EXISTS sessions_owner;
                """);
        else
            Run("DROP TABLE IF EXISTS sessions");
        Run(Sessions);
        if (found < WithUsers)
            Run(Others);
        if (found >= WithSums)
        {
            Copy(connection, found);
            Run("DROP TABLE sessions_before");
        }
        Run($"PRAGMA user_version={Version}");
        transaction.Commit();

        void Run(string sql)
        {
            using var command = connection.Command(sql);
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Takes the rows along. A damaged one adds nothing up and gets no words: listing it notices, and its session then writes it anew.</summary>
    private static void Copy(DirectoryConnection connection, int found)
    {
        // Where there are words, they stand under the places that the rows had.
        var place = found < WithUsers ? "NULL" : "place";
        using var rows = connection.Command($"SELECT {place}, id, name, owner, status, created_at, view, sum, updated_at FROM sessions_before");
        using var reader = rows.ExecuteReader();
        while (reader.Read())
        {
            var row = new SessionDirectory.Row(
                reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt64(5), reader.GetString(6));
            var view = row.Sum() == reader.GetInt64(7) ? JsonSerializer.Deserialize<SessionView>(row.View) : null;
            using var write = connection.Command(
                """
                INSERT INTO sessions(place, id, name, owner, status, created_at, updated_at, chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms, view, sum)
                VALUES(@place, @id, @name, @owner, @status, @created, @updated, @chunks, @size, @stored, @duration, @gaps, @gap_ms, @view, @sum)
                RETURNING place
                """,
                ("@place", reader.GetValue(0)), ("@id", row.Id), ("@name", row.Name), ("@owner", row.Owner), ("@status", row.Status), ("@created", row.CreatedAt), ("@updated", reader.GetInt64(8)),
                ("@chunks", view?.ChunkCount ?? 0), ("@size", view?.SizeBytes ?? 0), ("@stored", view?.StoredBytes ?? 0), ("@duration", view?.DurationMs ?? 0), ("@gaps", view?.GapCount ?? 0),
                ("@gap_ms", view?.GapMs ?? 0), ("@view", row.View), ("@sum", reader.GetInt64(7)));
            var at = (long)write.ExecuteScalar()!;
            if (view is null || found >= WithUsers)
                continue;
            using var words = connection.Command("INSERT INTO session_words(rowid, words) VALUES(@place, @words)", ("@place", at), ("@words", string.Join(' ', SearchWords.Of(view))));
            words.ExecuteNonQuery();
        }
    }
}
