using Lucid.Engine.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Audit;

/// <summary>What all SQLite files of a node have in common.</summary>
internal static class AuditDatabase
{
    /// <summary>Opens a snapshot and has SQLite judge it.</summary>
    /// <param name="schema">The tables that belong in it.</param>
    /// <param name="damaged">Told what is wrong.</param>
    /// <returns>Null where the file cannot be read at all. A damaged one is read as far as it goes.</returns>
    public static SqliteSnapshot? Open(string path, AuditSchema schema, bool live, AuditFindings findings, Action<string> damaged)
    {
        if (!File.Exists(path))
        {
            damaged("the file is missing");
            return null;
        }
        findings.Counted(new FileInfo(path).Length);
        // Of a running node the log is being written, and SQLite has checked what it shares of it.
        if (!live && WalFile.FindFault(path) is { } log)
            damaged(log);
        SqliteSnapshot? snapshot = null;
        try
        {
            snapshot = SqliteSnapshot.Open(path, live);
            foreach (var fault in snapshot.Integrity())
                damaged(fault);
            // SQLite passes over what lies behind its pages.
            var pages = snapshot.Query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", row => row.GetInt64(0)).Single();
            if (!live && !WalFile.HasContent(path) && new FileInfo(path).Length is var length && length != pages)
                damaged($"it has {length} bytes, and its pages end at {pages}");
            foreach (var fault in schema.FindFaults(snapshot))
                damaged(fault);
            return snapshot;
        }
        catch (SqliteException unreadable)
        {
            snapshot?.Dispose();
            damaged(unreadable.Message);
            return null;
        }
    }

    /// <summary>Reads; where SQLite gives up over damaged pages, says so and goes on with the next check.</summary>
    public static async Task ReadAsync(Func<Task> read, Action<string> damaged)
    {
        try
        {
            await read();
        }
        catch (SqliteException damage)
        {
            damaged($"reading stopped at damage ({damage.Message})");
        }
    }
}
