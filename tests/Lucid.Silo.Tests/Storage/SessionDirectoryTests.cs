using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Storage;
using Lucid.Silo.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Storage;

public sealed class SessionDirectoryTests : IDisposable
{
    private static readonly SessionListQuery All = new(1, 100, null, "name", null);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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

    [Fact]
    public async Task CheckNew_OfASessionThatIsListed_NamesTheStoreThatLostIt()
    {
        using var directory = Open();
        var session = View("a");
        await directory.CheckNewAsync(session.SessionId, default);
        await directory.UpsertAsync(session, default);
        var lost = await Assert.ThrowsAsync<GrainDamagedException>(() => directory.CheckNewAsync(session.SessionId, default));
        Assert.Contains(_folder.Data.GrainStore, lost.Message, StringComparison.Ordinal);
    }

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

    private static SessionView View(string name) => new()
    {
        SessionId = Guid.CreateVersion7(),
        Owner = "local",
        Name = name,
        Status = SessionStatus.Recording,
        Recorder = "node-1",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Tracks = [],
        IdleLimitSeconds = 60,
        NextIndex = 0,
        CountedAhead = ImmutableArray<ulong>.Empty,
        LeafCount = 0,
        ChunkCount = 0,
        GapCount = 0,
        GapMs = 0,
        DurationMs = 0,
        SizeBytes = 0,
        StoredBytes = 0,
        MerkleRoot = Hash256.Zero,
    };
}
