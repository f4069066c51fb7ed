using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Clustering;
using Lucid.Silo.Database;
using Lucid.Silo.Tests.Database;
using Lucid.Silo.Tests.Ledger;
using Npgsql;

namespace Lucid.Silo.Tests.Clustering;

public sealed class ClusterNetworkTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly Genesis _genesis = new SampleChain("first").Genesis;
    private static readonly Genesis _other = new SampleChain("second").Genesis;

    private readonly TempFolder _holder = new();
    private readonly TempFolder _folder = new();
    private readonly List<string> _said = [];
    private TestDatabase? _place;
    private ClusterDatabase? _database;

    private ClusterNetwork Network => new(_database!, "east");

    public async ValueTask InitializeAsync()
    {
        _place = await server.CreateAsync();
        _database = await _place.MigrateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _holder.Dispose();
        _folder.Dispose();
        if (_database is not null)
            await _database.DisposeAsync();
        if (_place is not null)
            await _place.DisposeAsync();
    }

    [Fact]
    public async Task Announce_Again_ChangesNothing_AndJoinReadsIt()
    {
        await AnnounceAsync("silo-1", _genesis);
        await AnnounceAsync("silo-1", _genesis);
        Assert.Equal(_genesis.Network, (await JoinAsync()).Network);
        Assert.Empty(_said);
        Assert.Equal(1, await _place!.ReadAsync<long>("SELECT count(*) FROM lucid_network"));
    }

    [Fact]
    public async Task Announce_LeavesACopy_ByWhichANodeKnowsTheDirectory()
    {
        await AnnounceAsync("silo-1", _genesis);
        Assert.Equal(_genesis.Encode(), await File.ReadAllBytesAsync(_holder.Data.Network));
    }

    [Fact]
    public async Task Announce_OfAnotherSilo_OrOfAnotherLedger_IsRefused_AndNamesBoth()
    {
        await AnnounceAsync("silo-1", _genesis);
        var silo = await Assert.ThrowsAsync<InvalidDataException>(() => AnnounceAsync("silo-2", _genesis));
        Assert.Contains("silo-1", silo.Message, StringComparison.Ordinal);
        Assert.Contains("silo-2", silo.Message, StringComparison.Ordinal);
        var ledger = await Assert.ThrowsAsync<InvalidDataException>(() => AnnounceAsync("silo-1", _other));
        Assert.Contains(_genesis.Network.ToString(), ledger.Message, StringComparison.Ordinal);
        Assert.Contains(_other.Network.ToString(), ledger.Message, StringComparison.Ordinal);
        Assert.Equal(_genesis.Network, (await JoinAsync()).Network);
    }

    [Fact]
    public async Task Clusters_InOneDatabase_HaveNetworksOfTheirOwn()
    {
        await AnnounceAsync("silo-1", _genesis);
        await new ClusterNetwork(_database!, "west").AnnounceAsync(_folder.Data, "silo-7", _other, default);
        Assert.Equal(_genesis.Network, (await Network.JoinAsync(_holder.Data, "silo-1", TimeProvider.System, _said.Add, default)).Network);
    }

    [Fact]
    public async Task Join_BeforeTheLedgerWasUp_WaitsForIt_AndSaysSoOnce()
    {
        var clock = new ManualClock();
        var joining = Network.JoinAsync(_folder.Data, "silo-1", clock, _said.Add, default);
        for (var looks = 0; looks < 3; looks++)
        {
            await clock.WaitedForAsync(TimeSpan.FromSeconds(1));
            Assert.Equal("Waiting for silo-1, which holds the ledger and has never been up in cluster east.", Assert.Single(_said));
            if (looks == 2)
                await AnnounceAsync("silo-1", _genesis);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(_genesis.Network, (await joining.WaitAsync(TimeSpan.FromSeconds(60))).Network);
        Assert.Single(_said);
    }

    [Fact]
    public async Task Join_WhoeverIsTiredOfWaiting_MayStop()
    {
        var clock = new ManualClock();
        using var stop = new CancellationTokenSource();
        var joining = Network.JoinAsync(_folder.Data, "silo-1", clock, _said.Add, stop.Token);
        await clock.WaitedForAsync(TimeSpan.FromSeconds(1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining);
        Assert.False(File.Exists(_folder.Data.Network));
    }

    [Fact]
    public async Task Join_KeepsWhatItWasTold_AndBelievesNothingElseLater()
    {
        await AnnounceAsync("silo-1", _genesis);
        await JoinAsync();
        Assert.Equal(_genesis.Encode(), await File.ReadAllBytesAsync(_folder.Data.Network));
        Assert.Equal(_genesis.Network, (await JoinAsync()).Network);

        await ReplaceAsync(_other.Encode());
        var changed = await Assert.ThrowsAsync<InvalidDataException>(JoinAsync);
        foreach (var part in (string[])[_genesis.Network.ToString(), _other.Network.ToString(), _folder.Data.Network])
            Assert.Contains(part, changed.Message, StringComparison.Ordinal);
        Assert.Equal(_genesis.Encode(), await File.ReadAllBytesAsync(_folder.Data.Network));
    }

    [Fact]
    public async Task Join_WithADamagedCopy_NamesIt_AndTheCure()
    {
        await AnnounceAsync("silo-1", _genesis);
        await File.WriteAllTextAsync(_folder.Data.Network, "x");
        var damaged = await Assert.ThrowsAsync<LedgerDamagedException>(JoinAsync);
        Assert.Contains(_folder.Data.Network, damaged.Message, StringComparison.Ordinal);
        Assert.Contains("Copy it from another silo", damaged.Message, StringComparison.Ordinal);
        Assert.Equal("x", await File.ReadAllTextAsync(_folder.Data.Network));
    }

    [Fact]
    public async Task Row_Damaged_IsNamed_WithTheCure_AndNotKept()
    {
        await AnnounceAsync("silo-1", _genesis);
        await ReplaceAsync([1, 2, 3]);
        foreach (var ask in (Func<Task>[])[JoinAsync, () => AnnounceAsync("silo-1", _genesis)])
            Assert.Contains("Delete its row in lucid_network", (await Assert.ThrowsAsync<InvalidDataException>(ask)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Data.Network));
        await _place!.ExecuteAsync("DELETE FROM lucid_network");
        await AnnounceAsync("silo-1", _genesis);
        await JoinAsync();
    }

    [Fact]
    public async Task Join_WhereAnotherSiloHoldsTheLedger_SaysWhichOne()
    {
        await AnnounceAsync("silo-1", _genesis);
        var wrong = await Assert.ThrowsAsync<InvalidDataException>(() => Network.JoinAsync(_folder.Data, "silo-2", TimeProvider.System, _said.Add, default));
        Assert.Contains("say cluster.ledger: silo-1", wrong.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Data.Network));
    }

    [Fact]
    public async Task Database_Unreachable_SaysSo()
    {
        await using var away = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid");
        await Assert.ThrowsAsync<DatabaseUnreachableException>(() => new ClusterNetwork(away, "east").JoinAsync(_folder.Data, "silo-1", TimeProvider.System, _said.Add, default));
        await Assert.ThrowsAsync<DatabaseUnreachableException>(() => new ClusterNetwork(away, "east").AnnounceAsync(_holder.Data, "silo-1", _genesis, default));
    }

    private Task AnnounceAsync(string ledger, Genesis genesis) => Network.AnnounceAsync(_holder.Data, ledger, genesis, default);

    private Task<Genesis> JoinAsync() => Network.JoinAsync(_folder.Data, "silo-1", TimeProvider.System, _said.Add, default);

    private async Task ReplaceAsync(byte[] genesis)
    {
        await using var connection = await _database!.OpenAsync(default);
        await using var command = new NpgsqlCommand("UPDATE lucid_network SET genesis=@genesis", connection);
        command.Parameters.AddWithValue("genesis", genesis);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}
