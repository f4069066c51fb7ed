using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Database;
using Lucid.Silo.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Database;

public sealed class PostgresSessionDirectoryTests(PostgresServer server) : SessionDirectoryContract, IAsyncLifetime
{
    private TestDatabase? _place;
    private ClusterDatabase? _database;
    private PostgresSessionDirectory? _directory;

    public async ValueTask InitializeAsync()
    {
        _place = await server.CreateAsync();
        _database = await _place.MigrateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        if (_place is not null)
            await _place.DisposeAsync();
    }

    [Fact]
    public async Task Migrate_OfTheSchemaBefore_FillsTheWordsOfItsSessions_AndAddsThemUp()
    {
        await using var place = await server.CreateAsync();
        await using (var before = new ClusterDatabase(place.Connection, Migration.All[..3]))
            await before.MigrateAsync(default);
        var views = Enumerable.Range(0, 2_500).Select(i => View($"number {i}") with { ChunkCount = i, SizeBytes = 7, Tracks = [new TrackInfo(0, "text/plain", $"Datei-{i}.txt")] }).ToList();
        foreach (var batch in views.Chunk(500))
        {
            await place.ExecuteAsync("INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view) VALUES" +
                string.Join(',', batch.Select(view => $"('{view.SessionId}', '{view.Name}', 'Zürich', '', 'recording', now(), now(), '{JsonSerializer.Serialize(view)}')")));
        }
        await place.ExecuteAsync("INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view) VALUES(gen_random_uuid(), 'unreadable', 'x', '', 'recording', now(), now(), '{')");
        await using var database = await place.MigrateAsync();
        var directory = new PostgresSessionDirectory(database, TimeProvider.System, NullLogger<PostgresSessionDirectory>.Instance);
        Assert.Equal(2_500, (await directory.ListAsync(All with { Search = "zurich" }, default)).Total);
        Assert.Equal(views[2_345].SessionId, Assert.Single((await directory.ListAsync(All with { Search = "txt datei 2345" }, default)).Sessions).SessionId);
        Assert.Equal(1, await place.ReadAsync<long>("SELECT count(*) FROM lucid_sessions WHERE search @@ 'unreadable'"));
        Assert.Equal((2_501L, 2_499L * 2_500 / 2, 2_500L * 7), await directory.AddUpAsync(null, default) is var sums ? (sums.Sessions, sums.ChunkCount, sums.SizeBytes) : default);
    }

    [Theory]
    [InlineData("created_at DESC, id DESC", "lucid_sessions_created")]
    [InlineData("updated_at DESC, id DESC", "lucid_sessions_updated")]
    [InlineData("lower(name COLLATE \"C\"), id", "lucid_sessions_name")]
    public async Task EveryOrder_HasItsIndex(string order, string index)
    {
        var plan = await _place!.ReadAsync<string>($"EXPLAIN (FORMAT JSON) SELECT view FROM lucid_sessions ORDER BY {order} LIMIT 20");
        Assert.Contains($"\"{index}\"", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Sort\"", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SumsAndShares_OfAHundredThousandSessions_AreReadFromTheirIndices()
    {
        await _place!.ExecuteAsync("""
            INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view, search, chunk_count, auditors, shared_until)
            SELECT gen_random_uuid(), 'session ' || i, 'owner ' || i % 3, '', 'anchored', now(), now(), repeat('x', 1000), '', 1,
            CASE WHEN i % 10000 = 0 THEN ARRAY['ada'] ELSE '{}'::text[] END, CASE WHEN i % 10000 = 0 THEN ARRAY[now() + interval '1 day'] ELSE '{}'::timestamptz[] END
            FROM generate_series(1, 100000) AS i
            """);
        await _place.ExecuteAsync("VACUUM ANALYZE lucid_sessions");
        var sums = await _place.ReadAsync<string>("EXPLAIN (FORMAT JSON) SELECT status, count(*), sum(chunk_count)::bigint, sum(gap_ms)::bigint FROM lucid_sessions WHERE owner='owner 1' GROUP BY status");
        Assert.Contains("\"lucid_sessions_sums\"", sums, StringComparison.Ordinal);
        Assert.Contains("\"Index Only Scan\"", sums, StringComparison.Ordinal);
        var shared = await _place.ReadAsync<string>("""
            EXPLAIN (FORMAT JSON) SELECT view FROM lucid_sessions
            WHERE auditors <> '{}' AND auditors @> ARRAY['ada'] AND shared_until[array_position(auditors, 'ada')] > now() ORDER BY created_at DESC, id DESC LIMIT 21
            """);
        Assert.Contains("\"lucid_sessions_auditors\"", shared, StringComparison.Ordinal);
        var (directory, _) = await OpenAsync(TimeProvider.System);
        Assert.Equal(100_000, (await directory.AddUpAsync(null, default)).ChunkCount);
    }

    [Fact]
    public async Task Cursor_DeepInAHundredThousandSessions_ReadsNoMorePagesThanAtTheStart()
    {
        await _place!.ExecuteAsync("""
            INSERT INTO lucid_sessions(id, name, owner, description, status, created_at, updated_at, view, search)
            SELECT gen_random_uuid(), 'session ' || i, 'owner', '', 'anchored', timestamptz '2026-01-01Z' + i * interval '1 second', now() + i * interval '1 second', '{}', ''
            FROM generate_series(1, 100000) AS i
            """);
        await _place.ExecuteAsync("VACUUM ANALYZE lucid_sessions");
        foreach (var (order, key) in new[]
        {
            ("created_at DESC, id DESC", "(created_at, id) < (timestamptz '2026-01-01Z' + {0} * interval '1 second', '00000000-0000-0000-0000-000000000000')"),
            ("lower(name COLLATE \"C\"), id", "(lower(name COLLATE \"C\"), id) > (lower('session {0}' COLLATE \"C\"), '00000000-0000-0000-0000-000000000000')"),
        })
        {
            var (start, deep) = (await PagesAsync(key, "99999", order), await PagesAsync(key, "500", order));
            Assert.InRange(deep, 1, start + 20);
            // What this is good for: by its number, a page that deep reads most of the table.
            Assert.InRange(await PagesAsync("true", "", order + " OFFSET 99000"), 20 * (start + 20), long.MaxValue);
        }

        async Task<long> PagesAsync(string after, string at, string order)
        {
            var plan = await _place.ReadAsync<string>(
                $"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT view FROM lucid_sessions WHERE {string.Format(CultureInfo.InvariantCulture, after, at)} ORDER BY {order} LIMIT 21");
            using var read = JsonDocument.Parse(plan);
            var node = read.RootElement[0].GetProperty("Plan");
            return node.GetProperty("Shared Hit Blocks").GetInt64() + node.GetProperty("Shared Read Blocks").GetInt64();
        }
    }

    [Fact]
    public async Task Database_ThatIsGone_IsNamedToReaders_AndStopsNoSession()
    {
        await using var gone = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid");
        var directory = new PostgresSessionDirectory(gone, TimeProvider.System, NullLogger<PostgresSessionDirectory>.Instance);
        await directory.UpsertAsync(View("a"), default);
        foreach (var read in (Func<Task>[])[() => directory.ListAsync(All, default), () => directory.CheckNewAsync(Guid.NewGuid(), default), () => directory.AddUpAsync(null, default)])
            Assert.Contains("The database lucid on /nowhere/at/all cannot be reached", (await Assert.ThrowsAsync<GrainStoreException>(read)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_ThatIsGone_IsNamedToReaders_AndStopsNoSession()
    {
        var (directory, store) = await OpenAsync(TimeProvider.System);
        await _place!.ExecuteAsync("DROP TABLE lucid_sessions");
        await directory.UpsertAsync(View("a"), default);
        var fault = await Assert.ThrowsAsync<GrainStoreException>(() => directory.ListAsync(All, default));
        Assert.StartsWith(store, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Journal_TakesEachPositionOnce()
    {
        const string Append = "INSERT INTO lucid_journal(service_id, grain_type, grain_key, journal, position, row) VALUES('s', 'session', 'k', 'leaves', 0, '\\x01')";
        Assert.Equal(1, await _place!.ExecuteAsync(Append));
        Assert.Equal("23505", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => _place.ExecuteAsync(Append))).SqlState);
        Assert.Equal([1], await _place.ReadAsync<byte[]>("SELECT row FROM lucid_journal WHERE service_id = 's' ORDER BY position"));
    }

    protected override Task<(ISessionDirectory Directory, string Store)> OpenAsync(TimeProvider clock)
    {
        _directory = new PostgresSessionDirectory(_database!, clock, NullLogger<PostgresSessionDirectory>.Instance);
        return Task.FromResult<(ISessionDirectory, string)>((_directory, _database!.Name));
    }

    protected override Task<ImmutableArray<Guid>> UnfinishedAsync() => _directory!.UnfinishedAsync("node-1", default);
}
