using Lucid.GrainInterfaces.Chain;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lucid.Silo.Ledger;

/// <summary>What SQLite reports of a file of the ledger, with the file's name and what would help.</summary>
internal static class SqliteFault
{
    /// <param name="cure">What helps where the file itself is damaged.</param>
    public static LedgerDamagedException Explain(string path, SqliteException e, string cure) => e.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => new(path, null, "it cannot grow, the disk is full", "Free space on it; what waits goes on by itself"),
        raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM =>
            new(path, null, $"it cannot be written to ({e.Message})", "Make the file, its folder and its disk writable for this user"),
        raw.SQLITE_IOERR => new(path, null, $"the disk refused to read or write it ({e.Message})", "Look at the disk; if it is full, free space on it"),
        _ => new(path, null, $"it is damaged ({e.Message})", cure),
    };
}
