using Lucid.Engine.Contract;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Tests.Storage;

public sealed class SqliteGrainStoreTests : IDisposable
{
    private static readonly GrainId Grain = new("counter", "a");
    private readonly TempFolder _folder = new();

    private string Db => _folder["grains.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_InMissingFolder_MakesIt()
    {
        await using var store = new SqliteGrainStore(_folder["a/b/grains.db"]);
        await store.OpenAsync(CancellationToken.None);
        Assert.Equal(default, await store.ReadAsync(Grain));
    }

    [Fact]
    public async Task Open_NoDatabase_NamesTheFileAndTheCure()
    {
        await File.WriteAllTextAsync(Db, string.Join('\n', Enumerable.Repeat("This is a letter and no database.", 100)));
        await using var store = new SqliteGrainStore(Db);
        var failure = await Assert.ThrowsAsync<GrainStoreException>(() => store.OpenAsync(CancellationToken.None));
        Assert.Contains(Db, failure.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Restore", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_DamagedPages_NamesTheFile()
    {
        await FilledAsync();
        // The first page holds the schema; what comes after it are the tables.
        await using (var file = new FileStream(Db, FileMode.Open))
        {
            file.Position = 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)(file.Length - 4096)).ToArray());
        }
        await using var store = new SqliteGrainStore(Db);
        var failure = await Assert.ThrowsAsync<GrainStoreException>(async () =>
        {
            await store.OpenAsync(CancellationToken.None);
            await store.ReadAsync(Grain);
        });
        Assert.Contains(Db, failure.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefusedAndUntouched()
    {
        await FilledAsync();
        Execute("UPDATE schema SET version = 99");
        await using (var store = new SqliteGrainStore(Db))
        {
            var failure = await Assert.ThrowsAsync<GrainStoreException>(() => store.OpenAsync(CancellationToken.None));
            Assert.Contains(Db, failure.Message, StringComparison.Ordinal);
            Assert.Contains("99", failure.Message, StringComparison.Ordinal);
        }
        Execute("UPDATE schema SET version = 2");
        await using var again = new SqliteGrainStore(Db);
        await again.OpenAsync(CancellationToken.None);
        Assert.Equal(50, (await again.ReadAsync(Grain)).Version);
    }

    [Fact]
    public async Task Use_BeforeOpen_SaysSo()
    {
        await using var store = new SqliteGrainStore(Db);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.ReadAsync(Grain));
    }

    [Fact]
    public async Task Write_AfterClose_SaysSo()
    {
        var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<GrainStoreException>(() => store.SaveAsync(Grain, 0, [1]));
    }

    [Fact]
    public async Task Write_Answered_IsInTheFilesOfThatMoment()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            await store.AppendAsync(Grain, 2 * i, "lines", [(byte)i]);
            await store.SaveAsync(Grain, (2 * i) + 1, [(byte)i]);
            // What a crash would leave is what the files hold now; nobody closes the store before they are copied.
            Directory.CreateDirectory(_folder[$"{i}"]);
            foreach (var part in new[] { "grains.db", "grains.db-wal" })
                File.Copy(_folder[part], _folder[$"{i}/{part}"]);
            await using var after = new SqliteGrainStore(_folder[$"{i}/grains.db"]);
            await after.OpenAsync(CancellationToken.None);
            var stored = await after.ReadAsync(Grain);
            Assert.Equal((2 * i) + 2, stored.Version);
            Assert.Equal([(byte)i], stored.State!);
            Assert.Equal(i + 1, await after.CountAsync(Grain, "lines"));
        }
    }

    [Fact]
    public async Task Writes_WhileTheDiskIsBusy_ShareACommit()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        Task[] writes;
        using (var other = Connect())
        {
            // Another connection holds the file, so the writer waits with its first batch and the rest gathers behind it.
            Execute(other, "BEGIN IMMEDIATE");
            writes = [.. Enumerable.Range(0, 500).Select(i => store.SaveAsync(new GrainId("counter", $"{i}"), 0, [1]))];
            Assert.DoesNotContain(writes, write => write.IsCompleted);
            Execute(other, "ROLLBACK");
        }
        await Task.WhenAll(writes);
        Assert.InRange(store.Commits, 1, 3);
    }

    [Fact]
    public async Task Conflict_WithinABatch_FailsNobodyElse()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        Task good, stale, next;
        using (var other = Connect())
        {
            Execute(other, "BEGIN IMMEDIATE");
            good = store.SaveAsync(Grain, 0, [1]);
            stale = store.SaveAsync(Grain, 0, [2]);
            next = store.SaveAsync(Grain, 1, [3]);
            Execute(other, "ROLLBACK");
        }
        await good;
        await next;
        await Assert.ThrowsAsync<StateConflictException>(() => stale);
        Assert.Equal([3], (await store.ReadAsync(Grain)).State!);
    }

    [Fact]
    public async Task Append_ByStaleActivation_IsRefused()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        await store.AppendAsync(Grain, 0, "lines", [1]);
        await store.SaveAsync(Grain, 1, [1]);
        await Assert.ThrowsAsync<StateConflictException>(() => store.AppendAsync(Grain, 1, "lines", [2]));
        Assert.Equal(1, await store.CountAsync(Grain, "lines"));
    }

    [Fact]
    public async Task Clear_ThenStaleSave_IsRefused()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        await store.SaveAsync(Grain, 0, [1]);
        await store.ClearAsync(Grain, 1);
        // Were the version to start anew, an activation from before the clearing could write again.
        await Assert.ThrowsAsync<StateConflictException>(() => store.SaveAsync(Grain, 0, [1]));
        await Assert.ThrowsAsync<StateConflictException>(() => store.SaveAsync(Grain, 1, [1]));
        Assert.Equal(new StoredGrain(2, null), await store.ReadAsync(Grain));
    }

    [Fact]
    public async Task Engines_OnOneFile_FenceEachOther()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        Assert.Equal(1, await first.Get<ICounterGrain>("a").AddAsync(1));
        Assert.Equal(11, await second.Get<ICounterGrain>("a").AddAsync(10));
        await Assert.ThrowsAsync<StateConflictException>(() => first.Get<ICounterGrain>("a").AddAsync(100));
        // The stale activation is gone, and the next one starts from what the other engine wrote.
        Assert.Equal(111, await first.Get<ICounterGrain>("a").AddAsync(100));

        Assert.Equal(0, await second.Get<IJournalGrain>("a").AppendAsync("second"));
        Assert.Equal(1, await first.Get<IJournalGrain>("a").AppendAsync("first"));
        await Assert.ThrowsAsync<StateConflictException>(() => second.Get<IJournalGrain>("a").AppendAsync("stale"));
        Assert.Equal(2, await second.Get<IJournalGrain>("a").AppendAsync("again"));
    }

    private async Task<EmbeddedEngine> StartAsync()
    {
        var engine = new EmbeddedEngine(new SqliteGrainStore(Db)).HostContract();
        await engine.StartAsync();
        return engine;
    }

    private async Task FilledAsync()
    {
        await using var store = new SqliteGrainStore(Db);
        await store.OpenAsync(CancellationToken.None);
        for (var i = 0; i < 50; i++)
            await store.SaveAsync(Grain, i, new byte[1_000]);
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
