using System.Collections.Immutable;
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

    [Theory]
    [InlineData("invoice")]
    [InlineData("eva")]
    [InlineData("customer")]
    public async Task Search_ByAWord_FindsItInNameOwnerAndDescription(string word)
    {
        var (directory, _) = await OpenAsync(TimeProvider.System);
        var wanted = View("Invoice 12") with { Owner = "Eva", Description = "For a customer\0in Bern" };
        await directory.UpsertAsync(wanted, default);
        await directory.UpsertAsync(View("other"), default);
        Assert.Equal(wanted.SessionId, await _place!.ReadAsync<Guid>($"SELECT id FROM lucid_sessions WHERE search @@ plainto_tsquery('simple', '{word}')"));
        Assert.Equal(1, await _place.ReadAsync<long>($"SELECT count(*) FROM lucid_sessions WHERE search @@ plainto_tsquery('simple', '{word}')"));
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
    public async Task Database_ThatIsGone_IsNamedToReaders_AndStopsNoSession()
    {
        await using var gone = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid");
        var directory = new PostgresSessionDirectory(gone, TimeProvider.System, NullLogger<PostgresSessionDirectory>.Instance);
        await directory.UpsertAsync(View("a"), default);
        foreach (var read in (Func<Task>[])[() => directory.ListAsync(All, default), () => directory.CheckNewAsync(Guid.NewGuid(), default)])
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
