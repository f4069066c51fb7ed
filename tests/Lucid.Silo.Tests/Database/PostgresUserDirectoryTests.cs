using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Database;
using Lucid.Silo.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Database;

public sealed class PostgresUserDirectoryTests(PostgresServer server) : UserDirectoryContract, IAsyncLifetime
{
    private TestDatabase? _place;
    private ClusterDatabase? _database;

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
    public async Task Table_ThatIsGone_IsNamedToReaders_AndStopsNoUser()
    {
        var directory = await OpenAsync();
        await _place!.ExecuteAsync("DROP TABLE lucid_user");
        await directory.UpsertAsync(User("TAda", 1), default);
        var fault = await Assert.ThrowsAsync<GrainStoreException>(() => directory.ListAsync(All, default));
        Assert.StartsWith($"{_database!.Name}: the list of users cannot be read", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cursor_BeginsInTheIndex_AndSortsNothing()
    {
        var plan = await _place!.ReadAsync<string>("EXPLAIN (FORMAT JSON) SELECT view FROM lucid_user WHERE (created_at, id) < (now(), 'x') ORDER BY created_at DESC, id DESC LIMIT 21");
        Assert.Contains("\"lucid_user_created\"", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Sort\"", plan, StringComparison.Ordinal);
    }

    protected override Task<IUserDirectory> OpenAsync() =>
        Task.FromResult<IUserDirectory>(new PostgresUserDirectory(_database!, NullLogger<PostgresUserDirectory>.Instance));
}
