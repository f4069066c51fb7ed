using System.Net.Http.Json;
using System.Text.Json;
using Lucid.Evidence.Verification;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Tests.Node;

/// <summary>What must not keep a node from starting again.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WithASessionWhoseJournalIsDamaged_StartsAndWakesTheOthers()
    {
        Guid damaged, well;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (damaged, _) = await node.CreateAsync();
            (well, _) = await node.CreateAsync();
            foreach (var id in new[] { damaged, well })
            {
                (await node.PutAsync(id, 0, [1])).EnsureSuccessStatusCode();
                (await node.PutAsync(id, 1, [2])).EnsureSuccessStatusCode();
            }
        }
        await using (var grains = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _folder.Data.GrainStore, Pooling = false }.ToString()))
        {
            await grains.OpenAsync(TestContext.Current.CancellationToken);
            await using var damage = grains.CreateCommand();
            damage.CommandText = "UPDATE journal SET json = x'00' WHERE grain = (SELECT id FROM grain WHERE name = 'session' AND key = @id)";
            damage.Parameters.AddWithValue("@id", damaged.ToString("D"));
            Assert.NotEqual(0, await damage.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }
        await using var again = await TestNode.StartAsync(_folder);
        Assert.False((await again.Client.GetAsync($"sessions/{damaged}", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        (await again.PutAsync(well, 2, [3])).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Start_OnAListOfBeforeSharesWereListed_ListsThem_OfSessionsThatAreOverToo()
    {
        await using (var node = await TestNode.StartAsync(_folder))
        {
            var (id, _) = await node.CreateAsync();
            (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
            await node.UntilAsync(id, "anchored");
            (await node.Client.PostAsJsonAsync($"sessions/{id}/shares", new { auditor = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", expires_at = "2099-01-01T00:00:00Z" })).EnsureSuccessStatusCode();
        }
        await using var list = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _folder.Data.Directory, Pooling = false }.ToString());
        await list.OpenAsync(TestContext.Current.CancellationToken);
        await using (var before = list.CreateCommand())
        {
            before.CommandText = """
                DROP TABLE session_shares; DROP INDEX sessions_sums;
                ALTER TABLE sessions DROP COLUMN chunk_count; ALTER TABLE sessions DROP COLUMN size_bytes; ALTER TABLE sessions DROP COLUMN stored_bytes;
                ALTER TABLE sessions DROP COLUMN duration_ms; ALTER TABLE sessions DROP COLUMN gap_count; ALTER TABLE sessions DROP COLUMN gap_ms;
                PRAGMA user_version=3;
                """;
            await before.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await using var again = await TestNode.StartAsync(_folder);
        await using var shares = list.CreateCommand();
        shares.CommandText = "SELECT count(*) FROM session_shares WHERE auditor = 'TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB'";
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((long)(await shares.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 0)
        {
            Assert.False(limit.IsCancellationRequested, "Waiting for the share to be listed, there is none.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    [Fact]
    public async Task Start_RemovesWhatAKillLeftOfChunks()
    {
        await using (var node = await TestNode.StartAsync(_folder))
        {
            var (id, _) = await node.CreateAsync();
            (await node.PutAsync(id, 0, [1])).EnsureSuccessStatusCode();
        }
        var chunk = Directory.EnumerateFiles(_folder.Data.Chunks, "*", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(chunk + ".1-1.unfinished", "x", TestContext.Current.CancellationToken);
        await using var again = await TestNode.StartAsync(_folder);
        Assert.Equal([chunk], Directory.EnumerateFiles(_folder.Data.Chunks, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Health_NamesTheStore()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var health = JsonDocument.Parse(await node.Client.GetStringAsync("health", TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("healthy", health.GetProperty("dependencies").GetProperty("store").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Clock_ThatTheNodeWasGiven_IsTheEnginesToo()
    {
        await using var node = await TestNode.StartAsync(_folder, clock: new LaterClock());
        var (id, _) = await node.CreateAsync();
        var created = (await node.GetAsync(id)).GetProperty("created_at").GetDateTimeOffset();
        Assert.True(created > TimeProvider.System.GetUtcNow().AddDays(900), $"created at {created}");
    }

    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(1000);
    }

    [Fact]
    public async Task Start_WithItsOwnTrustFileDamaged_WritesItAnew()
    {
        await (await TestNode.StartAsync(_folder)).DisposeAsync();
        var file = Directory.EnumerateFiles(_folder.Data.Trust).Single();
        var before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, before.AsMemory(0, before.Length / 2), TestContext.Current.CancellationToken);
        await using var again = await TestNode.StartAsync(_folder);
        Assert.Single(new TrustStore(_folder.Data.Trust).List());
        Assert.Equal(before, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }
}
