using System.Text.Json;
using System.Text.Json.Nodes;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Policies;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Lucid.Grains.Tests.Chain;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions on the embedded engine, on one thread and in virtual time: one seed is one run.</summary>
internal sealed class SimulatedSessionWorld : SessionWorld
{
    private readonly MemoryGrainStore _store = new();
    private readonly EngineTestMode? _test;

    public SimulatedSessionWorld(int seed = 1, EngineTestMode? test = null) : this(new FakeRecorders(), seed, test) { }

    private SimulatedSessionWorld(FakeRecorders recorders, int seed, EngineTestMode? test) : base(recorders, new FakeLedger(recorders), new FakeDirectory())
    {
        Simulation = new Simulation(seed);
        _test = test;
        Engine = MakeEngine();
        Run(() => Engine.StartAsync());
    }

    public Simulation Simulation { get; }
    public EmbeddedEngine Engine { get; private set; }
    public override IGrains Grains => Engine;
    public override DateTimeOffset Now => Simulation.Clock.GetUtcNow();

    public void Run(Func<Task> body) => Simulation.Run(body, TimeSpan.FromDays(60));
    public T Run<T>(Func<Task<T>> body) => Simulation.Run(body);

    public override Task RunAsync(Func<Task> body)
    {
        Run(body);
        return Task.CompletedTask;
    }

    public override Task DelayAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Clock);

    public override Task<T> AnsweredAsync<T>(Task<T> call) => call;

    public override async Task UntilListedAsync(SessionStatus status)
    {
        while (Directory.Rows[Id].Status != status)
            await DelayAsync(1);
    }

    public override async Task ForgetAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        await RestartAsync();
    }

    public override async Task RewriteAsync(Action<JsonObject> change)
    {
        await Engine.StopAsync(CancellationToken.None);
        var id = new GrainId("session", Id.ToString("D"));
        var stored = await _store.ReadAsync(id);
        var state = JsonNode.Parse(stored.State)!.AsObject();
        change(state);
        await _store.SaveAsync(id, stored.Version, JsonSerializer.SerializeToUtf8Bytes(state));
        await RestartAsync();
    }

    public override Task KillAsync() => CrashAsync(TimeSpan.FromSeconds(10), Now);

    /// <summary>The node dies without a word and comes back after a while.</summary>
    /// <param name="lastSeen">When it was last known to be alive; null where that was when it died.</param>
    public void Crash(TimeSpan down, DateTimeOffset? lastSeen = null) => Run(() => CrashAsync(down, lastSeen ?? Now));

    private async Task CrashAsync(TimeSpan down, DateTimeOffset lastSeen)
    {
        await Engine.StopAsync(new CancellationToken(canceled: true));
        await Task.Delay(down, Simulation.Clock);
        Vault.LastDown = new DownTime(lastSeen, Now);
        await RestartAsync();
    }

    /// <summary>A new engine over what the old one, which was stopped, has stored.</summary>
    private Task RestartAsync()
    {
        Engine = MakeEngine();
        return Engine.StartAsync();
    }

    private EmbeddedEngine MakeEngine()
    {
        var services = new ServiceCollection()
            .AddSingleton(Recorders).AddSingleton<ISessionDirectory>(Directory).AddSingleton(new SessionOptions()).AddSingleton(Ledger)
            .AddSingleton(new PolicyOptions { Network = Hash256.Of("network"u8) }).AddSingleton<ICpuPool, InlineCpu>()
            .BuildServiceProvider();
        return Simulation.Engine(_store, new EmbeddedEngineOptions { Test = _test }, services)
            .Host<ISessionGrain, SessionGrain>("session")
            .Host<IChunkGrain, ChunkGrain>("chunk")
            .Host<IRecorderGrain, NodeRecorderGrain>("recorder")
            .Host<ITrustPolicyGrain, TrustPolicyGrain>("trust-policy")
            .Host<IPolicyIndexGrain, PolicyIndexGrain>("policy-index")
            .Host<ILogGrain, FakeLogGrain>("log")
            .Host<IChainGrain, FakeChainGrain>("chain");
    }
}

/// <summary>The recorder's grain of whichever node the key names: here one engine has them all.</summary>
internal sealed class NodeRecorderGrain(IActivation self, FakeRecorders recorders) : RecorderGrain(self, recorders[self.Key.Split('/')[0]]);
