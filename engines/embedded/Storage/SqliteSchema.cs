using System.Globalization;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// The tables of a grain store, and how an older file becomes one of today. Schema 1 had no checksums: they are added to its rows in one
/// transaction, so that from then on a row without one is a damaged one, and not one that nobody can judge.
/// </summary>
internal static class SqliteSchema
{
    public const int Newest = 2;

    /// <summary>Makes, brings up to date or checks the tables.</summary>
    /// <param name="commits">Commits that this store is known to have made.</param>
    /// <returns>The commits that the file holds.</returns>
    /// <exception cref="GrainStoreException">A newer program wrote the file, or it is empty and should not be.</exception>
    public static long Prepare(SqliteSession session, string path, long commits)
    {
        session.Run("PRAGMA journal_mode = WAL");
        session.Run("BEGIN IMMEDIATE");
        session.Run("CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL, commits INTEGER NOT NULL DEFAULT 0)");
        var version = session.Read("SELECT version FROM schema", row => row.GetInt32(0)).FirstOrDefault();
        if (version > Newest)
            throw Refuse(
                $"has schema {version.ToString(CultureInfo.InvariantCulture)}, and this program knows up to {Newest}: a newer Lucid wrote it. Run that one");
        if (version == 0 && commits > 0)
            throw Refuse("is empty, although it held the state of sessions. Restore it from a backup, or move the data directory away to start anew");
        if (version == 0)
            Create(session);
        else if (version == 1)
            AddChecksums(session);
        var held = session.Read("SELECT commits FROM schema", row => row.GetInt64(0))[0];
        session.Run("COMMIT");
        return held;

        GrainStoreException Refuse(string why)
        {
            session.Run("ROLLBACK");
            return new GrainStoreException($"The grain store {path} {why}.");
        }
    }

    private static void Create(SqliteSession session)
    {
        // State stands apart from the version: an append raises the version and must not rewrite 64 KiB of state for it. Whether there is a
        // state, and how many rows all journals have together, stands beside the version, so that a lost one is missed.
        session.Run("""
            CREATE TABLE grain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
            has_state INTEGER NOT NULL, rows INTEGER NOT NULL, sum INTEGER NOT NULL, UNIQUE (name, key))
            """);
        session.Run("CREATE TABLE state (grain INTEGER PRIMARY KEY, json BLOB NOT NULL, sum INTEGER NOT NULL)");
        session.Run("""
            CREATE TABLE journal (grain INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, json BLOB NOT NULL, sum INTEGER NOT NULL,
            PRIMARY KEY (grain, name, position)) WITHOUT ROWID
            """);
        session.Run("""
            CREATE TABLE reminder (grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, period INTEGER NOT NULL,
            sum INTEGER NOT NULL, PRIMARY KEY (grain, key, name)) WITHOUT ROWID
            """);
        session.Run("INSERT INTO schema (version) VALUES ($1)", Newest);
    }

    private static void AddChecksums(SqliteSession session)
    {
        session.DefineChecksums();
        session.Run("ALTER TABLE schema ADD COLUMN commits INTEGER NOT NULL DEFAULT 0");
        session.Run("ALTER TABLE grain ADD COLUMN has_state INTEGER NOT NULL DEFAULT 0");
        session.Run("ALTER TABLE grain ADD COLUMN rows INTEGER NOT NULL DEFAULT 0");
        foreach (var table in (ReadOnlySpan<string>)["grain", "state", "journal", "reminder"])
            session.Run($"ALTER TABLE {table} ADD COLUMN sum INTEGER NOT NULL DEFAULT 0");
        session.Run("UPDATE grain SET has_state = id IN (SELECT grain FROM state), rows = (SELECT count(*) FROM journal WHERE grain = id)");
        session.Run("UPDATE grain SET sum = sum_grain(id, name, key, version, has_state, rows)");
        session.Run("UPDATE state SET sum = sum_state(grain, json)");
        session.Run("UPDATE journal SET sum = sum_row(grain, name, position, json)");
        session.Run("UPDATE reminder SET sum = sum_reminder(grain, key, name, due, period)");
        session.Run("UPDATE schema SET version = $1", Newest);
    }
}
