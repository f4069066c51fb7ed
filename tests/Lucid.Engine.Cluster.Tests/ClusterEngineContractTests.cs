using System.Diagnostics;
using Lucid.Engine.Contract;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Tests.Database;

namespace Lucid.Engine.Cluster.Tests;

/// <summary>The contract on three Orleans silos and a client, messages serialised between them.</summary>
public sealed class ClusterEngineContractTests(ContractCluster cluster) : EngineContract, IClassFixture<ContractCluster>
{
    protected override Task<IEngineFixture> StartAsync() => Task.FromResult<IEngineFixture>(new ClusterFixture(cluster.Cluster));
}

/// <summary>The same with states, journals and reminders in PostgreSQL: Orleans' own providers on our schema.</summary>
public sealed class PostgresEngineContractTests(PostgresContractCluster cluster) : EngineContract, IClassFixture<PostgresContractCluster>
{
    protected override async Task<IEngineFixture> StartAsync() => new ClusterFixture(await cluster.StartedAsync());
}

/// <summary>One cluster on one database for all tests of the class.</summary>
public sealed class PostgresContractCluster(PostgresServer server) : IAsyncDisposable
{
    private TestDatabase? _place;
    private LucidTestCluster? _cluster;

    internal async Task<LucidTestCluster> StartedAsync()
    {
        if (_cluster is not null)
            return _cluster;
        _place = await server.CreateAsync();
        await (await _place.MigrateAsync()).DisposeAsync();
        var cluster = new LucidTestCluster(ContractCluster.Options, typeof(ContractCluster).Assembly) { Database = _place.Connection };
        await cluster.StartAsync();
        return _cluster = cluster;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_place is not null)
            await _place.DisposeAsync();
    }
}

/// <summary>One cluster for all tests of the class: it takes seconds to start, and each test has keys of its own.</summary>
public sealed class ContractCluster : IAsyncLifetime
{
    internal static readonly ClusterEngineOptions Options = new() { MailboxLimit = 50, StreamPoll = TimeSpan.FromMilliseconds(1) };

    internal LucidTestCluster Cluster { get; } = new(Options, typeof(ContractCluster).Assembly);

    public async ValueTask InitializeAsync() => await Cluster.StartAsync();
    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

internal sealed class ClusterFixture(LucidTestCluster cluster) : IEngineFixture
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private static long _keys;

    public IGrains Grains => cluster.Grains;
    public int MailboxLimit => ContractCluster.Options.MailboxLimit;
    public TimeSpan Deadline => ContractCluster.Options.Deadline;
    public string NewKey() => $"key-{Interlocked.Increment(ref _keys)}";
    public Task RunAsync(Func<Task> body) => body();

    public async Task AdvanceAsync(TimeSpan time)
    {
        // In steps, between which silos that have just rung can set the next ring: unlike on one thread, nothing here tells when they have.
        const int Steps = 10;
        for (var step = 0; step < Steps; step++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            cluster.Clock.Advance(time / Steps);
        }
        // No clock rings exactly on time, and a reminder of Orleans that does takes the same moment for the next one as well.
        cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    public async Task SoonAsync(Task happening, string what)
    {
        // Orleans' own timers turn with the grains' clock, so it creeps on while something is waited for: streams are looked at by such a timer.
        for (var waited = Stopwatch.StartNew(); !happening.IsCompleted; cluster.Clock.Advance(TimeSpan.FromMilliseconds(1)))
        {
            if (waited.Elapsed > _patience)
                Assert.Fail($"Waited {_patience.TotalSeconds} s for {what}.");
            await Task.WhenAny(happening, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }
    }

    public async Task RestartAsync(bool kill)
    {
        await cluster.EndAsync(kill);
        await cluster.StartAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
