using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Audit;
using Lucid.Grains.Chain;
using Lucid.Grains.Tests.Chain;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Audit;

/// <summary>The audit log beside a real ledger of one node, on virtual time.</summary>
internal sealed class AuditWorld
{
    private readonly EngineTestMode? _mode;
    private EmbeddedEngine _engine;

    public AuditWorld(EngineTestMode? mode = null)
    {
        _mode = mode;
        _engine = MakeEngine();
        Run(() => _engine.StartAsync());
        Run(() => Chain.StartAsync());
    }

    public MemoryLedger Disk { get; } = new(new TestNetwork(1));
    public Simulation Simulation { get; } = new(1);

    /// <summary>What the grains keep; a new one is a database that somebody wiped.</summary>
    public IGrainStore Store { get; set; } = new MemoryGrainStore();
    public string Node => Disk.Keys.Identity.PublicKey.ToString();
    public IAuditGrain Audit => _engine.Get<IAuditGrain>(Node);
    public IChainGrain Chain => _engine.Get<IChainGrain>(Node);
    public ILogGrain Log => _engine.Get<ILogGrain>(Node);

    public void Run(Func<Task> body) => Simulation.Run(body, TimeSpan.FromDays(2));

    public Task DelayAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Clock);

    public static AuditEvent Event(int number = 0) => new()
    {
        TimeMs = 1_700_000_000_000 + number,
        Kind = AuditKind.UserManagement,
        Action = "user_suspend",
        Actor = "TAda",
        Resource = $"user/{number}",
        Outcome = AuditOutcome.Success,
    };

    public Task<long> AppendAsync(int count = 1) => Audit.AppendAsync(new AuditBatch([.. Enumerable.Range(0, count).Select(Event)]));

    /// <summary>Waits until the ledger has a root over so many records.</summary>
    public async Task<AuditRoot> AnchoredAsync(long size)
    {
        for (var tries = 0; tries < 2_000; tries++)
        {
            if (await Audit.HeadAsync() is { Root: { } bytes } head && head.AnchoredSize >= size)
                return (AuditRoot)LogEntry.Parse(bytes);
            await DelayAsync(0.5);
        }
        throw new TimeoutException($"The ledger never had a root over {size} records: {(await Audit.HeadAsync()).Waiting}");
    }

    /// <summary>The node dies without a word and comes back.</summary>
    public async Task RestartAsync()
    {
        await _engine.StopAsync(new CancellationToken(canceled: true));
        _engine = MakeEngine();
        await _engine.StartAsync();
    }

    private EmbeddedEngine MakeEngine()
    {
        var services = new ServiceCollection().AddSingleton(Disk.Node(new EntryPool())).BuildServiceProvider();
        return Simulation.Engine(Store, new EmbeddedEngineOptions { Test = _mode }, services)
            .Host<IChainGrain, ChainGrain>("chain")
            .Host<ILogGrain, LogGrain>("log")
            .Host<IAuditGrain, AuditGrain>("audit");
    }
}
