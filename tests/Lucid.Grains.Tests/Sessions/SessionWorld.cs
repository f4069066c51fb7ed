using System.Collections.Immutable;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Recording;
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
        _test = test;
        Engine = MakeEngine();
        Run(() => Engine.StartAsync());
    }

    public Simulation Simulation { get; }
    public EmbeddedEngine Engine { get; private set; }
    public FakeVault Vault { get; } = new();
    public FakeLedger Ledger { get; } = new();
    public FakeDirectory Directory { get; } = new();
    public SessionOptions Options { get; init; } = new();
    public Guid Id { get; } = Guid.Parse("0190b2f0-0000-7000-8000-000000000001");
    public ISessionGrain Session => Engine.Get<ISessionGrain>(Id.ToString("D"));

    public void Run(Func<Task> body) => Simulation.Run(body, TimeSpan.FromDays(60));
    public T Run<T>(Func<Task<T>> body) => Simulation.Run(body);

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
            Engine = MakeEngine();
            await Engine.StartAsync();
        });
    }

    public Task DelayAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Clock);

    public Task<SessionView> CreateAsync(TimeSpan? idle = null, TimeSpan? retention = null) => Session.CreateAsync(
        new CreateSession("local", "a session", null, [new TrackInfo(0, "application/octet-stream", "")], idle ?? TimeSpan.FromSeconds(60), retention, null, Node));

    /// <summary>What a recorder does for one chunk, without its bytes.</summary>
    public async Task RecordAsync(ulong index, long lease = 1, ChunkTimes? times = null, int plain = 1000)
    {
        var admission = await Session.AdmitAsync(new AdmitChunk(index, lease, 0, times));
        if (admission.Counted)
            return;
        var record = await StoreAsync(index, admission.Times, plain, lease);
        await Session.CountAsync(new CountChunk(index, lease, record.Leaf));
    }

    public Task<ChunkRecord> StoreAsync(ulong index, ChunkTimes times, int plain = 1000, long lease = 1)
    {
        var leaf = new ChunkLeaf(Id, index, 0, times.StartMs, times.EndMs, ChunkCodec.Gzip, plain, plain + 100, Hash256.Of([(byte)index]));
        return Engine.Get<IChunkGrain>($"{Id:D}/{index}").StoredAsync(new ChunkRecord(ChunkStage.Stored, leaf.Encode(), Hash256.Zero, "receipt", lease));
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
            .AddSingleton<IRecorderVault>(Vault).AddSingleton<ISessionDirectory>(Directory).AddSingleton(Options).AddSingleton(Ledger)
            .BuildServiceProvider();
        return Simulation.Engine(_store, new EmbeddedEngineOptions { Test = _test }, services)
            .Host<ISessionGrain, SessionGrain>("session")
            .Host<IChunkGrain, ChunkGrain>("chunk")
            .Host<IRecorderGrain, RecorderGrain>("recorder")
            .Host<ILogGrain, FakeLogGrain>("log")
            .Host<IChainGrain, FakeChainGrain>("chain");
    }
}

internal sealed class FakeVault : IRecorderVault
{
    public Ed25519PrivateKey Key { get; } = new(new byte[32]);
    public bool HasRoom { get; set; } = true;
    public DownTime? LastDown { get; set; }
    public string? RefuseToSign { get; set; }
    public HashSet<Guid> Erased { get; } = [];
    public Dictionary<Guid, byte[]> Manifests { get; } = [];

    public Task<SessionOpened> OpenAsync(Guid session) => Task.FromResult(new SessionOpened(
        SessionWorld.Node, Key.PublicKey, "lucid test", Hash256.Of("network"u8), Hash256.Of("commitment"u8), Hash256.Of("salt"u8)));

    public Task<SessionOpened> TakeOverAsync(Guid session) => OpenAsync(session);

    public RecorderAddress? Address => null;

    public byte[] SignEntry(ReadOnlyMemory<byte> entry) =>
        AnchorBatch.Create(Hash256.Of("network"u8), Key.PublicKey, [LedgerEntry.Parse(entry)], message => Key.Sign(message.Span)).Bytes.ToArray();

    public RecorderCondition Condition() => new(HasRoom, HasRoom ? "plenty" : "0 MiB free", LastDown);

    public string SignManifest(ReadOnlyMemory<byte> manifest)
    {
        if (RefuseToSign is { } why)
            throw new IOException(why);
        Manifests[Manifest.Parse(manifest.Span).Session] = manifest.ToArray();
        return ManifestSignature.Sign(manifest.Span, Key).ToString();
    }

    public Task EraseAsync(Guid session)
    {
        Erased.Add(session);
        return Task.CompletedTask;
    }
}

/// <summary>A log that publishes what it was handed once <see cref="Open"/> says so.</summary>
internal sealed class FakeLedger
{
    public bool Open { get; set; } = true;

    /// <summary>Whether sessions are told; they must get there without being told, too.</summary>
    public List<byte[]> Entries { get; } = [];
}

internal sealed class FakeLogGrain(IActivation self, FakeLedger ledger) : ILogGrain
{
    public string Key => self.Key;

    public Task<EntryStatus> SubmitAsync(ReadOnlyMemory<byte> entry)
    {
        var bytes = entry.ToArray();
        if (!ledger.Entries.Exists(one => one.AsSpan().SequenceEqual(bytes)))
            ledger.Entries.Add(bytes);
        return Task.FromResult(ledger.Open ? new EntryStatus(EntryState.Published, 0, 5) : new EntryStatus(EntryState.Pending, null, null));
    }

    public Task<EntryStatus> SubmitSignedAsync(ReadOnlyMemory<byte> transaction) =>
        SubmitAsync(AnchorBatch.Parse(transaction.ToArray()).Entries.Single().Bytes);

    public Task<EntryStatus> StatusAsync(EntryKey key) => throw new NotSupportedException();

    public Task<LogReceipt?> ReceiptAsync(EntryKey key) => Task.FromResult<LogReceipt?>(
        ledger.Open ? new LogReceipt(0, "proof", new CertifiedHeader(5, [], []), 1_000_000_000_000) : null);

    public Task<LogReceipt?> RenewAsync(EntryKey key) => throw new NotSupportedException();
    public Task<LogCheckpoint?> CheckpointAsync() => throw new NotSupportedException();
}

internal sealed class FakeChainGrain(IActivation self) : IChainGrain
{
    public string Key => self.Key;

    public Task<BlockPoint> LatestAsync() => Task.FromResult(new BlockPoint(4, Hash256.Of("block"u8), 999_999_990_000));
    public Task StartAsync() => throw new NotSupportedException();
    public Task<ChainInfo> InfoAsync() => throw new NotSupportedException();
    public Task<ChainStatus> StatusAsync() => throw new NotSupportedException();
    public Task<BlockView?> BlockAsync(ulong height) => throw new NotSupportedException();
    public Task<BlockView?> BlockByIdAsync(Hash256 id) => throw new NotSupportedException();
    public Task<BlockPage> BlocksAsync(BlockQuery query) => throw new NotSupportedException();
    public Task<CertifiedHeader?> HeaderAsync(ulong height) => throw new NotSupportedException();
    public Task<byte[]> ValidatorsAsync() => throw new NotSupportedException();
    public Task<byte[]> GenesisAsync() => throw new NotSupportedException();
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
