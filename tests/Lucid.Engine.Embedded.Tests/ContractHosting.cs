using Lucid.Engine.Contract;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Tests;

/// <summary>The contract on threads, with state in SQLite.</summary>
public sealed class ThreadsEngineContract : EngineContract
{
    protected override Task<IEngineFixture> StartAsync() => ThreadsFixture.StartAsync(null);
}

/// <summary>The same, with everything sent through JSON and waiting calls shuffled.</summary>
public sealed class RoundTripEngineContract : EngineContract
{
    protected override Task<IEngineFixture> StartAsync() => ThreadsFixture.StartAsync(new EngineTestMode { Seed = 1 });
}

/// <summary>The same on one thread in virtual time.</summary>
public sealed class SimulationEngineContract : EngineContract
{
    protected override async Task<IEngineFixture> StartAsync()
    {
        await Task.CompletedTask;
        return new SimulationFixture();
    }
}

internal static class ContractHosting
{
    private static long _keys;

    public static string NewKey() => $"key-{Interlocked.Increment(ref _keys)}";

    public static EmbeddedEngine HostContract(this EmbeddedEngine engine) => engine
        .Host<ICounterGrain, CounterGrain>("counter")
        .Host<IGateGrain, GateGrain>("gate")
        .Host<IRelayGrain, RelayGrain>("relay")
        .Host<IEchoGrain, EchoGrain>("echo")
        .Host<IJournalGrain, JournalGrain>("journal")
        .Host<IListenerGrain, ListenerGrain>("listener")
        .Host<IEavesdropperGrain, EavesdropperGrain>("eavesdropper")
        .Host<IClockGrain, ClockGrain>("clock");
}

internal sealed class ThreadsFixture : IEngineFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly VirtualClock _clock = new();
    private readonly EmbeddedEngineOptions _options;
    private EmbeddedEngine _engine = null!;

    private ThreadsFixture(EngineTestMode? test) => _options = new EmbeddedEngineOptions { MailboxLimit = 50, Test = test };

    public IGrains Grains => _engine;
    public int MailboxLimit => _options.MailboxLimit;
    public TimeSpan Deadline => _options.Deadline;

    public static async Task<IEngineFixture> StartAsync(EngineTestMode? test)
    {
        var fixture = new ThreadsFixture(test);
        await fixture.StartAsync();
        return fixture;
    }

    public string NewKey() => ContractHosting.NewKey();
    public Task RunAsync(Func<Task> body) => body();

    public Task AdvanceAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    public async Task SoonAsync(Task happening, string what)
    {
        try
        {
            await happening.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited {Patience.TotalSeconds} s for {what}. The engine has: {string.Join("; ", _engine.Describe())}");
        }
    }

    public async Task RestartAsync(bool kill)
    {
        await EndAsync(kill);
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(kill: true);
        _folder.Dispose();
    }

    private Task StartAsync()
    {
        _engine = new EmbeddedEngine(new SqliteGrainStore(_folder["grains.db"]), _options, runtime: EngineRuntime.ThreadPool(_clock)).HostContract();
        return _engine.StartAsync();
    }

    private async Task EndAsync(bool kill)
    {
        if (kill)
            _engine.Kill();
        await _engine.StopAsync();
        await _engine.Store.DisposeAsync();
    }
}

internal sealed class SimulationFixture : IEngineFixture
{
    private readonly Simulation _simulation = new(seed: 1);
    private readonly MemoryGrainStore _store = new();
    private readonly EmbeddedEngineOptions _options = new() { MailboxLimit = 50 };
    private EmbeddedEngine _engine = null!;

    public IGrains Grains => _engine;
    public int MailboxLimit => _options.MailboxLimit;
    public TimeSpan Deadline => _options.Deadline;
    public string NewKey() => ContractHosting.NewKey();

    public Task RunAsync(Func<Task> body)
    {
        _simulation.Run(async () =>
        {
            await StartAsync();
            await body();
        });
        return Task.CompletedTask;
    }

    public Task AdvanceAsync(TimeSpan time) => Task.Delay(time, _simulation.Clock);

    public async Task SoonAsync(Task happening, string what)
    {
        var before = _simulation.Clock.GetUtcNow();
        await happening;
        Assert.True(_simulation.Clock.GetUtcNow() == before, $"{what} took time to pass.");
    }

    public async Task RestartAsync(bool kill)
    {
        if (kill)
            _engine.Kill();
        else
            await _engine.StopAsync();
        await StartAsync();
    }

    public ValueTask DisposeAsync()
    {
        _engine.Kill();
        return ValueTask.CompletedTask;
    }

    private Task StartAsync()
    {
        _engine = _simulation.Engine(_store, _options).HostContract();
        return _engine.StartAsync();
    }
}

/// <summary>A folder of its own, gone at the end.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lucid-engine-");

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
