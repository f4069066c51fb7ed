using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Gateway.Cluster;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Recorders;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Cluster;

public sealed class ClusterApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private const string Path = "/api/v1/cluster/status";

    [Fact]
    public async Task Status_OfANodeAlone_IsNotFound()
    {
        var error = await GatewayHost.ErrorOf(await shared.Host.Client.GetAsync(Path), ErrorTable.NotFound);
        Assert.Contains("a node runs alone", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await GatewayHost.ErrorOf(await shared.Host.Anyone.GetAsync(Path), ErrorTable.TokenMissing);
    }

    [Fact]
    public async Task Status_OfAGateway_IsWhatItSees_InTheWiresNames()
    {
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IClusterOverview, Overview>());
        var text = await host.Client.GetStringAsync(Path);
        Assert.Equal(
            $$"""{"cluster":"east","gateway":"gateway-1","network":"{{Overview.Network}}","ledger":"silo-1","silos":[""" +
            """{"name":"silo-1","roles":["recorder","ledger"],"state":"active","address":"10.0.0.5:11111","started_at":"2026-01-31T12:00:00.000Z","activations":7,"grains":{"chunk":4,"session":2},"stream_lag_ms":12.5,"memory_bytes":1048576},""" +
            """{"name":"silo-2","roles":["recorder"],"state":"dead","grains":{}}],"reminders":{"kept":9,"due_within_minute":3}}""",
            text);
    }

    [Fact]
    public async Task Sessions_NewInACluster_GoToTheSilosInTurn_EachTryWithAnIdOfItsOwn()
    {
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IRecorderNames>(new Silos("silo-1", "silo-2")));
        var sessions = new[] { await host.CreateSessionAsync(), await host.CreateSessionAsync() };
        Assert.Equal(["silo-1", "silo-2"], sessions.Select(id => host.Node.Session(id).View().Recorder).Order());

        var asked = new List<Guid>();
        host.Node.OnCreate = id =>
        {
            asked.Add(id);
            if (asked.Count == 1)
                throw new NoRoomException("the disk is full");
        };
        var third = await host.CreateSessionAsync();
        Assert.Equal((2, third), (asked.Distinct().Count(), asked[1]));
    }

    private sealed class Silos(params string[] names) : IRecorderNames
    {
        public ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation) => ValueTask.FromResult(names.ToImmutableArray());
    }

    private sealed class Overview : IClusterOverview
    {
        public static Hash256 Network { get; } = Hash256.Of("network"u8);

        public Task<ClusterStatus> LookAsync(CancellationToken cancellation) => Task.FromResult(new ClusterStatus(
            "east", "gateway-1", Network, "silo-1",
            [
                new SiloStatus(
                    "silo-1", ["recorder", "ledger"], "active", "10.0.0.5:11111", FakeNode.Start, 7,
                    ImmutableSortedDictionary<string, int>.Empty.Add("session", 2).Add("chunk", 4), 12.5, 1 << 20),
                new SiloStatus("silo-2", ["recorder"], "dead", null, null, null, ImmutableSortedDictionary<string, int>.Empty, null, null),
            ],
            new RemindersStatus(9, 3)));
    }
}
