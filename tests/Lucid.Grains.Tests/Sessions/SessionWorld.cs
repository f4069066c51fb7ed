using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions on virtual time: the real grains on the simulated engine, with a recorder, a log and a directory in memory.</summary>
internal sealed class SessionWorld
{
    public const string Node = "node-1";

    private readonly MemoryGrainStore _store = new();
    private readonly EngineTestMode? _test;

    public SessionWorld(int seed = 1, EngineTestMode? test = null)
    {
        Simulation = new Simulation(seed);
        Ledger = new FakeLedger(Recorders);
        _test = test;
        Engine = MakeEngine();
        Run(() => Engine.StartAsync());
    }

    public Simulation Simulation { get; }
    public EmbeddedEngine Engine { get; private set; }
    public FakeRecorders Recorders { get; } = new();
    public FakeVault Vault => Recorders[Node];
    public FakeLedger Ledger { get; }
    public FakeDirectory Directory { get; } = new();
    public SessionOptions Options { get; init; } = new();
    public Guid Id { get; } = Guid.Parse("0190b2f0-0000-7000-8000-000000000001");
    public ISessionGrain Session => Engine.Get<ISessionGrain>(Id.ToString("D"));

    public void Run(Func<Task> body) => Simulation.Run(body, TimeSpan.FromDays(60));
    public T Run<T>(Func<Task<T>> body) => Simulation.Run(body);

    /// <summary>Sessions of <see cref="Node"/> can go on at these.</summary>
    public void GiveHeirs(params string[] heirs) => Vault.Heirs = [.. heirs];

    /// <summary>Every recorder anchors at that node.</summary>
    public void LedgerIsAt(string node)
    {
        foreach (var recorder in (string[])[Node, .. Vault.Heirs])
            Recorders[recorder].Ledger = node;
    }

    /// <summary>What is stored of the session becomes what an earlier version has stored.</summary>
    public void Rewrite(Action<JsonObject> change) => Run(async () =>
    {
        await Engine.StopAsync(CancellationToken.None);
        var id = new GrainId("session", Id.ToString("D"));
        var stored = await _store.ReadAsync(id);
        var state = JsonNode.Parse(stored.State)!.AsObject();
        change(state);
        await _store.SaveAsync(id, stored.Version, JsonSerializer.SerializeToUtf8Bytes(state));
        await RestartAsync();
    });

    /// <summary>A new engine over what the old one, which was stopped, has stored.</summary>
    public Task RestartAsync()
    {
        Engine = MakeEngine();
        return Engine.StartAsync();
    }

    /// <summary>The node dies without a word and comes back after a while.</summary>
    /// <param name="lastSeen">When it was last known to be alive; null where that was when it died.</param>
    public void Crash(TimeSpan down, DateTimeOffset? lastSeen = null)
    {
        var from = lastSeen ?? Simulation.Clock.GetUtcNow();
        Run(async () =>
        {
            await Engine.StopAsync(new CancellationToken(canceled: true));
            await Task.Delay(down, Simulation.Clock);
            Vault.LastDown = new DownTime(from, Simulation.Clock.GetUtcNow());
            await RestartAsync();
        });
    }

    public Task DelayAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Clock);

    public Task<SessionView> CreateAsync(TimeSpan? idle = null, TimeSpan? retention = null) => Session.CreateAsync(
        new CreateSession("local", "a session", null, [new TrackInfo(0, "application/octet-stream", "")], idle ?? TimeSpan.FromSeconds(60), retention, null, Node));

    /// <summary>What a recorder does for one chunk, without its bytes.</summary>
    public async Task RecordAsync(ulong index, long lease = 1, ChunkTimes? times = null, int plain = 1000, string recorder = Node)
    {
        var admission = await Session.AdmitAsync(new AdmitChunk(index, lease, 0, times));
        if (admission.Counted)
            return;
        var record = await StoreAsync(index, admission.Times, plain, lease, recorder);
        await Session.CountAsync(new CountChunk(index, lease, record.Leaf));
    }

    public Task<ChunkRecord> StoreAsync(ulong index, ChunkTimes times, int plain = 1000, long lease = 1, string recorder = Node)
    {
        var leaf = new ChunkLeaf(Id, index, 0, times.StartMs, times.EndMs, ChunkCodec.Gzip, plain, plain + 100, Hash256.Of([(byte)index]));
        return Engine.Get<IChunkGrain>($"{Id:D}/{index}").StoredAsync(
            new ChunkRecord(ChunkStage.Stored, leaf.Encode(), Hash256.Zero, $"receipt of {recorder}", lease) { Recorder = recorder });
    }

    public async Task<ImmutableArray<Leaf>> LeavesAsync()
    {
        var leaves = ImmutableArray.CreateBuilder<Leaf>();
        for (ulong from = 0; ;)
        {
            var page = await Session.LeavesAsync(from, 7);
            if (page.Leaves.IsEmpty)
                return leaves.ToImmutable();
            leaves.AddRange(page.Leaves.Select(bytes => Leaf.Parse(bytes)));
            from = page.Next;
        }
    }

    /// <summary>Waits for a status, on virtual time.</summary>
    public async Task<SessionView> UntilAsync(SessionStatus status)
    {
        for (var view = await Session.GetAsync(); ; view = await Session.GetAsync())
        {
            if (view.Status == status)
                return view;
            await DelayAsync(1);
        }
    }

    private EmbeddedEngine MakeEngine()
    {
        var services = new ServiceCollection()
            .AddSingleton(Recorders).AddSingleton<ISessionDirectory>(Directory).AddSingleton(Options).AddSingleton(Ledger)
            .BuildServiceProvider();
        return Simulation.Engine(_store, new EmbeddedEngineOptions { Test = _test }, services)
            .Host<ISessionGrain, SessionGrain>("session")
            .Host<IChunkGrain, ChunkGrain>("chunk")
            .Host<IRecorderGrain, FakeRecorderGrain>("recorder")
            .Host<ILogGrain, FakeLogGrain>("log")
            .Host<IChainGrain, FakeChainGrain>("chain");
    }
}

internal sealed class FakeDirectory : ISessionDirectory
{
    public Dictionary<Guid, SessionView> Rows { get; } = [];

    public Task UpsertAsync(SessionView session, CancellationToken cancellation)
    {
        Rows[session.SessionId] = session;
        return Task.CompletedTask;
    }

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => Task.CompletedTask;

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => throw new NotSupportedException();
}
