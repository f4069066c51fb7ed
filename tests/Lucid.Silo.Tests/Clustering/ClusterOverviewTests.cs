using System.Collections.Immutable;
using Lucid.Gateway.Cluster;
using Lucid.Silo.Clustering;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Database;
using Lucid.Silo.Tests.Ledger;
using Microsoft.AspNetCore.Http;

namespace Lucid.Silo.Tests.Clustering;

public sealed class ClusterOverviewTests(PostgresServer server)
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Silos_AreCompleted_WithTheirRoles_AndWhatOnlyTheyKnow()
    {
        await using var cluster = await PeerCluster.StartAsync(3);
        cluster[1].Streams.Worst = TimeSpan.FromMilliseconds(12.5);
        await cluster[2].DieAsync();
        cluster[3].Answer = context => context.Response.WriteAsync("no figures");
        using var link = new RecorderLink(cluster.Grains, cluster, _clock, own: null, certificates: null);
        await using var database = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid");
        var status = await Overview(link, database, Silo("silo-1"), Silo("silo-2"), Silo("silo-3"), Silo("silo-4") with { State = "dead", Activations = null }).LookAsync(default);
        Assert.Equal(("east", "gateway-1", "silo-1", null), (status.Cluster, status.Gateway, status.Ledger, status.Reminders));
        Assert.Equal(
            [("silo-1", "recorder ledger", 12.5), ("silo-2", "recorder", null), ("silo-3", "recorder", null), ("silo-4", "recorder", null)],
            status.Silos.Select(silo => (silo.Name, string.Join(' ', silo.Roles), silo.StreamLagMs)));
    }

    [Fact]
    public async Task Silo_ThatNeverAnswers_IsWaitedForTwoSeconds()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        cluster[1].Answer = context => new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        using var link = new RecorderLink(cluster.Grains, cluster, _clock, own: null, certificates: null);
        await using var database = new ClusterDatabase("Host=/nowhere/at/all;Database=lucid;Username=lucid");
        var looking = Overview(link, database, Silo("silo-1")).LookAsync(default);
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null((await looking.WaitAsync(TimeSpan.FromSeconds(60))).Silos.Single().StreamLagMs);
    }

    [Fact]
    public async Task Reminders_AreThoseOfTheCluster_AndTheNextOfEachIsCounted()
    {
        await using var place = await server.CreateAsync();
        await using var database = await place.MigrateAsync();
        var name = 0;
        // (first ring, period): due is what rings within the minute.
        foreach (var (first, minutes, service) in new[]
        {
            ("30 seconds", 60, "east"), ("-59 minutes -30 seconds", 60, "east"), ("-3 hours +20 seconds", 60, "east"), ("-1 second", 1, "east"),
            ("2 minutes", 60, "east"), ("-30 minutes", 60, "east"), ("-1 second", 60, "east"),
            ("30 seconds", 60, "west"),
        })
        {
            await place.ExecuteAsync($"""
                INSERT INTO orleansreminderstable(serviceid, grainid, remindername, starttime, period, grainhash, version)
                VALUES ('{service}', 'session/{name++}', 'watch', now() + interval '{first}', {minutes * 60_000}, 0, 0)
                """);
        }
        await using var cluster = await PeerCluster.StartAsync(0);
        using var link = new RecorderLink(cluster.Grains, cluster, _clock, own: null, certificates: null);
        Assert.Equal(new RemindersStatus(7, 4), (await Overview(link, database).LookAsync(default)).Reminders);
    }

    private ClusterOverview Overview(RecorderLink link, ClusterDatabase database, params SiloStatus[] silos) => new(
        new Engine([.. silos]), link, database, new NodeOptions { Name = "gateway-1", Cluster = new() { Id = "east", Ledger = "silo-1" } }, new SampleChain().Genesis, _clock);

    private static SiloStatus Silo(string name) => new(name, [], "active", null, null, 3, ImmutableSortedDictionary<string, int>.Empty, null, 1 << 20);

    private sealed class Engine(ImmutableArray<SiloStatus> silos) : IClusterEngineView
    {
        public Task<ImmutableArray<SiloStatus>> SilosAsync(CancellationToken cancellation) => Task.FromResult(silos);
    }
}
