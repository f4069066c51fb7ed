using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Tests.Storage;

/// <summary>What the store says of a file that is not as it left it: the grain that is hit is told so by name, and the others go on.</summary>
public sealed class DamagedStoreTests : IDisposable
{
    private static readonly GrainId Hit = new("counter", "hit");
    private static readonly GrainId Well = new("counter", "well");
    private readonly TempFolder _folder = new();

    private string Db => _folder["grains.db"];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Damages => new()
    {
        { "UPDATE grain SET version = version + 1 WHERE key = 'hit'", "its head row is not what was written" },
        { "UPDATE grain SET id = 77 WHERE key = 'hit'", "its head row is not what was written" },
        { "UPDATE state SET json = x'02' WHERE grain = 1", "its state is not what was saved" },
        { "UPDATE state SET sum = sum + 1 WHERE grain = 1", "its state is not what was saved" },
        { "UPDATE state SET json = (SELECT json FROM state WHERE grain = 2), sum = (SELECT sum FROM state WHERE grain = 2) WHERE grain = 1", "its state is not what was saved" },
        { "DELETE FROM state WHERE grain = 1", "its state is missing" },
        { "UPDATE journal SET json = x'09' WHERE grain = 1 AND position = 1", "row 1 of its journal 'lines' is not what was appended" },
        { "UPDATE journal SET position = 40 WHERE grain = 1 AND position = 1", "its journals have 41 rows, and 3 were appended" },
        { "DELETE FROM journal WHERE grain = 1 AND position = 1", "row 1 of its journal 'lines' is missing" },
        { "DELETE FROM journal WHERE grain = 1 AND position = 2", "its journals have 2 rows, and 3 were appended" },
        { "UPDATE journal SET grain = 99 WHERE grain = 1", "its journals have 0 rows, and 3 were appended" },
        { "UPDATE state SET sum = 'text' WHERE grain = 1", "its state is not what was saved" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Row_Damaged_FailsItsGrainByName_AndNoOther(string damage, string said)
    {
        await FilledAsync();
        Execute(damage);
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        var failure = await Assert.ThrowsAsync<GrainDamagedException>(async () =>
        {
            await store.ReadAsync(Hit);
            await store.ReadRowsAsync(Hit, "lines", 0, 10);
        });
        Assert.Contains(Db, failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{Hit}: {said}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("restore the file from a backup", failure.Message, StringComparison.Ordinal);
        Assert.Equal([7], (await store.ReadAsync(Well)).State!);
        await store.SaveAsync(Well, 1, [8]);
    }

    [Fact]
    public async Task Write_OfADamagedGrain_FailsNobodyElseInTheSameCommit()
    {
        await FilledAsync();
        Execute("UPDATE grain SET version = version + 1 WHERE key = 'hit'");
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        Task hit, well;
        using (var other = Connect())
        {
            Execute(other, "BEGIN IMMEDIATE");
            hit = store.SaveAsync(Hit, 4, [2]);
            well = store.SaveAsync(Well, 1, [2]);
            Execute(other, "ROLLBACK");
        }
        await well;
        await Assert.ThrowsAsync<GrainDamagedException>(() => hit);
    }

    [Fact]
    public async Task Reminder_Damaged_RingsAtOnce()
    {
        await using (var store = new SqliteGrainStore(Db))
        {
            await store.OpenAsync(CancellationToken.None);
            await store.SetReminderAsync(new StoredReminder(Hit, "watch", DateTimeOffset.UnixEpoch.AddYears(200), TimeSpan.FromHours(1)));
        }
        Execute("UPDATE reminder SET due = -1");
        await using var again = new SqliteGrainStore(Db);
        await again.OpenAsync(CancellationToken.None);
        var reminder = Assert.Single(await again.ReadRemindersAsync());
        Assert.Equal(new StoredReminder(Hit, "watch", DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(1)), reminder);
    }

    [Fact]
    public async Task Open_OfSchema1_AddsTheChecksumsOnce()
    {
        Execute("""
            CREATE TABLE schema (version INTEGER NOT NULL);
            INSERT INTO schema VALUES (1);
            CREATE TABLE grain (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (name, key));
            CREATE TABLE state (grain INTEGER PRIMARY KEY, json BLOB NOT NULL);
            CREATE TABLE journal (grain INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, json BLOB NOT NULL, PRIMARY KEY (grain, name, position)) WITHOUT ROWID;
            CREATE TABLE reminder (grain TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, period INTEGER NOT NULL, PRIMARY KEY (grain, key, name)) WITHOUT ROWID;
            INSERT INTO grain VALUES (1, 'counter', 'hit', 3);
            INSERT INTO state VALUES (1, x'01');
            INSERT INTO journal VALUES (1, 'lines', 0, x'02'), (1, 'lines', 1, x'03');
            INSERT INTO reminder VALUES ('counter', 'hit', 'watch', 1000, 600000000);
            """);
        await using (var store = new SqliteGrainStore(Db))
        {
            await store.OpenAsync(CancellationToken.None);
            var stored = await store.ReadAsync(Hit);
            Assert.Equal(3, stored.Version);
            Assert.Equal([1], stored.State!);
            Assert.Equal([[2], [3]], await store.ReadRowsAsync(Hit, "lines", 0, 10));
            Assert.Equal(TimeSpan.FromMinutes(1), Assert.Single(await store.ReadRemindersAsync()).Period);
            await store.AppendAsync(Hit, 3, "lines", [4]);
        }
        Execute("UPDATE journal SET json = x'00' WHERE position = 0");
        await using var again = new SqliteGrainStore(Db);
        await again.OpenAsync(CancellationToken.None);
        Assert.Equal([[3], [4]], await again.ReadRowsAsync(Hit, "lines", 1, 10));
        await Assert.ThrowsAsync<GrainDamagedException>(async () => await again.ReadRowsAsync(Hit, "lines", 0, 10));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0)]
    public async Task Open_WithItsWriteAheadLogCutOff_TellsHowManyCommitsAreLost(double kept)
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        for (var i = 0; i < 10; i++)
            await store.SaveAsync(Hit, i, [(byte)i]);
        var copy = _folder["copy/grains.db"];
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        foreach (var suffix in (string[])["", "-wal", "-commits"])
            File.Copy(Db + suffix, copy + suffix);
        using (var log = new FileStream(copy + "-wal", FileMode.Open))
            log.SetLength((long)(log.Length * kept));
        await using var after = new SqliteGrainStore(copy);
        if (kept == 0)
        {
            // Not even the tables have left the log.
            Assert.Contains(copy, (await Assert.ThrowsAsync<GrainStoreException>(() => after.OpenAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
            return;
        }
        await after.OpenAsync(CancellationToken.None);
        Assert.InRange(after.LostCommits, 1, 9);
        Assert.Equal(0, store.LostCommits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Open_EmptyOrMissingAfterCommits_IsRefused_AndLeftAsItIs(bool missing)
    {
        await FilledAsync();
        File.Delete(Db);
        if (!missing)
            await File.WriteAllBytesAsync(Db, []);
        await using var store = new SqliteGrainStore(Db);
        var refused = await Assert.ThrowsAsync<GrainStoreException>(() => store.OpenAsync(CancellationToken.None));
        Assert.Contains(Db, refused.Message, StringComparison.Ordinal);
        Assert.Equal(!missing, File.Exists(Db));
    }

    [Fact]
    public async Task Open_WithADamagedMark_AccusesNobody()
    {
        await FilledAsync();
        await File.WriteAllBytesAsync(Db + "-commits", Enumerable.Repeat((byte)0x7f, 16).ToArray());
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        Assert.Equal(0, store.LostCommits);
    }

    private async Task FilledAsync()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        await store.SaveAsync(Hit, 0, [1]);
        await store.SaveAsync(Well, 0, [7]);
        for (var i = 0; i < 3; i++)
            await store.AppendAsync(Hit, 1 + i, "lines", [(byte)i]);
    }

    private SqliteConnection Connect()
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection($"Data Source={Db};Pooling=False");
        connection.Open();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = Connect();
        Execute(connection, sql);
    }

#pragma warning disable CA2100 // Every statement stands in this file.
    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
#pragma warning restore CA2100
}
