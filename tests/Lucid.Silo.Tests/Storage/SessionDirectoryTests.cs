using System.Collections.Immutable;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Storage;
using Lucid.Silo.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Storage;

public sealed class SessionDirectoryTests : SessionDirectoryContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private SessionDirectory? _opened;

    public void Dispose()
    {
        _opened?.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Damage.Truncate)]
    [InlineData(Damage.Garbage)]
    [InlineData(Damage.Empty)]
    public async Task Open_Damaged_BeginsAnew_AndKeepsTheDamagedFile(Damage damage)
    {
        using (var first = Open())
            await first.UpsertAsync(View("a"), default);
        SqliteConnection.ClearAllPools();
        damage.Do(_folder.Data.Directory);
        using var again = Open();
        Assert.True(again.IsNew);
        Assert.Equal(damage != Damage.Empty, File.Exists(_folder.Data.Directory + ".damaged"));
        Assert.Empty((await again.ListAsync(All, default)).Sessions);
    }

    [Theory]
    [InlineData("UPDATE sessions SET view = replace(view, '\"Name\":\"a\"', '\"Name\":\"b\"') WHERE name = 'a'")]
    [InlineData("UPDATE sessions SET view = 'x' WHERE name = 'a'")]
    [InlineData("UPDATE sessions SET status = 'anchored' WHERE name = 'a'")]
    public async Task Row_Damaged_IsLeftOut_AndItsSessionIsAskedToWriteItAnew(string damage)
    {
        using var directory = Open();
        var hit = View("a");
        await directory.UpsertAsync(hit, default);
        await directory.UpsertAsync(View("z"), default);
        var repaired = new List<Guid>();
        directory.Repair = repaired.Add;
        Execute(damage);
        Assert.Equal("z", Assert.Single((await directory.ListAsync(All, default)).Sessions).Name);
        Assert.Equal([hit.SessionId], repaired);
        await directory.UpsertAsync(hit, default);
        Assert.Equal(2, (await directory.ListAsync(All, default)).Sessions.Length);
    }

    protected override Task<(ISessionDirectory Directory, string Store)> OpenAsync(TimeProvider clock)
    {
        _opened = new SessionDirectory(_folder.Data, clock, NullLogger<SessionDirectory>.Instance);
        return Task.FromResult<(ISessionDirectory, string)>((_opened, _folder.Data.GrainStore));
    }

    protected override Task<ImmutableArray<Guid>> UnfinishedAsync() => _opened!.UnfinishedAsync(default);

    private SessionDirectory Open() => new(_folder.Data, TimeProvider.System, NullLogger<SessionDirectory>.Instance);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Data.Directory};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
