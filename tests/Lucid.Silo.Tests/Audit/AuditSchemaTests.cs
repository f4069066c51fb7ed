using Lucid.Engine.Embedded.Storage;
using Lucid.Silo.Audit;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Tests.Audit;

/// <summary>Tables whose text, or whose values' types, are not what Lucid wrote. That an undamaged file has no fault is AuditTests' to see.</summary>
public sealed class AuditSchemaTests(RecordedFolder recorded) : IClassFixture<RecordedFolder>
{
    [Theory]
    [InlineData("ledger/index.db", "UPDATE blocks SET proposer = CAST(proposer AS TEXT)", "table blocks holds a value that is not of its column's type")]
    [InlineData("ledger/checkpoints.db", "UPDATE checkpoints SET note = CAST(note AS TEXT)", "table checkpoints holds")]
    [InlineData("ledger/index.db", "CREATE TABLE other(a INTEGER)", "its tables are not those that Lucid makes")]
    [InlineData("grains.db", "DROP TABLE reminder", "its tables are not those that Lucid makes")]
    [InlineData("directory.db", "DROP INDEX sessions_status", "its tables are not those that Lucid makes")]
    [InlineData("directory.db", "DELETE FROM session_words_data WHERE id > 10", "reading stopped at damage")]
    public async Task Tables_NotAsTheyWereMade_AreNamed(string name, string damage, string expected)
    {
        using var folder = recorded.Copy();
        Execute(Path.Combine(folder.Data.Root, name), damage);
        var report = await RecordedFolder.AuditAsync(folder);
        Assert.Contains(report.Findings, finding => finding.File == name && finding.Problem.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task GrainStore_BroughtUpToDateFromSchemaOne_HasNoFault()
    {
        using var folder = new TempFolder();
        var path = folder.Data.GrainStore;
        Execute(path, """
            CREATE TABLE schema (version INTEGER NOT NULL);
            INSERT INTO schema VALUES (1);
            CREATE TABLE grain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (name, key));
            CREATE TABLE state (grain INTEGER PRIMARY KEY, json BLOB NOT NULL);
            CREATE TABLE journal (grain INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, json BLOB NOT NULL,
            PRIMARY KEY (grain, name, position)) WITHOUT ROWID;
            CREATE TABLE reminder (grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, period INTEGER NOT NULL,
            PRIMARY KEY (grain, key, name)) WITHOUT ROWID;
            INSERT INTO grain VALUES (1, 'counter', 'hit', 1);
            INSERT INTO state VALUES (1, x'01');
            """);
        await using (var store = new SqliteGrainStore(path))
            await store.OpenAsync(CancellationToken.None);
        using var file = SqliteSnapshot.Open(path, live: false);
        Assert.Empty(AuditSchema.Grains.FindFaults(file));
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // This file's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
