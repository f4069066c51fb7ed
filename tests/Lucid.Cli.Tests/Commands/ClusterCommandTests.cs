using System.Collections.Immutable;
using System.Text.Json;
using Lucid.Cli.Tests.Node;

namespace Lucid.Cli.Tests.Commands;

public sealed class ClusterCommandTests
{
    private static readonly ClusterView _cluster = new()
    {
        Cluster = "east",
        Gateway = "gateway-1",
        Network = new string('a', 64),
        Ledger = "silo-1",
        Silos =
        [
            new SiloView
            {
                Name = "silo-1",
                Roles = ["recorder", "ledger"],
                State = "active",
                Address = "10.0.0.5:11111",
                StartedAt = DateTimeOffset.UnixEpoch,
                Activations = 12,
                Grains = ImmutableSortedDictionary<string, int>.Empty.Add("session", 2).Add("chunk", 4),
                StreamLagMs = 12.5,
                MemoryBytes = 3 << 20,
            },
            new SiloView { Name = "silo-2", Roles = ["recorder"], State = "[dead]", Grains = ImmutableSortedDictionary<string, int>.Empty },
        ],
        Reminders = new RemindersView(9, 3),
    };

    [Fact]
    public async Task Status_IsOneScreen()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);
        node.Cluster = _cluster;

        Assert.Equal(0, await cli.RunAsync("cluster", "status"));

        var lines = cli.Out.ToString().TrimEnd().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Equal(
        [
            "cluster east",
            $"network {_cluster.Network}",
            "gateway gateway-1",
            "silos 1 of 2 active; silo-1 holds the ledger",
            "reminders 3 due within a minute, of 9",
            "",
            "silo roles state address since grains of them stream lag memory",
            "silo-1 recorder, ledger active 10.0.0.5:11111 1970-01-01 00:00:00 UTC 12 4 chunk, 2 session 13 ms 3.0 MiB",
            "silo-2 recorder [dead] ?",
        ], lines);
    }

    [Fact]
    public async Task Status_AsJson_HasTheNamesOfTheApi()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);
        node.Cluster = _cluster;

        Assert.Equal(0, await cli.RunAsync("cluster", "status", "--json"));

        var status = JsonDocument.Parse(cli.Out.ToString()).RootElement;
        Assert.Equal(["cluster", "gateway", "network", "ledger", "silos", "reminders"], status.EnumerateObject().Select(member => member.Name));
        var silo = status.GetProperty("silos")[0];
        Assert.Equal(
            ["name", "roles", "state", "address", "started_at", "activations", "grains", "stream_lag_ms", "memory_bytes"],
            silo.EnumerateObject().Select(member => member.Name));
        Assert.Equal((2, 12.5), (silo.GetProperty("grains").GetProperty("session").GetInt32(), silo.GetProperty("stream_lag_ms").GetDouble()));
        Assert.Equal(3, status.GetProperty("reminders").GetProperty("due_within_minute").GetInt64());
    }

    [Fact]
    public async Task Status_WhereTheDatabaseIsAway_SaysSo()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);
        node.Cluster = _cluster with { Reminders = null };

        Assert.Equal(0, await cli.RunAsync("cluster", "status"));

        Assert.Contains("unknown: the database does not answer", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OfANodeAlone_IsItsAnswer()
    {
        await using var node = await FakeNode.StartAsync();
        using var cli = new CliRun();
        node.Announce(cli.Home);

        Assert.Equal(1, await cli.RunAsync("cluster", "status"));

        Assert.Equal("lucid: This is no gateway of a cluster: a node runs alone.\n", cli.Error.ToString());
        Assert.Empty(cli.Out.ToString());
    }

    [Fact]
    public async Task Cluster_WithoutAVerb_IsHelp()
    {
        using var cli = new CliRun();

        Assert.NotEqual(0, await cli.RunAsync("cluster", "nonsense"));
        Assert.Contains("'nonsense' is no command of lucid cluster", cli.Error.ToString(), StringComparison.Ordinal);
    }
}
