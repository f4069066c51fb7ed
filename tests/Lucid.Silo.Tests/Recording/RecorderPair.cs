using System.Collections.Immutable;
using System.Reflection;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Lucid.Silo.Recording;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Recording;

/// <summary>Two recorders with disks of their own, over the same session and chunk grains; they fetch from each other within the process.</summary>
internal sealed class RecorderPair : IAsyncDisposable
{
    private readonly EmbeddedEngine _engine;
    private readonly ServiceProvider _services;
    private readonly Dictionary<string, PairedRecorder> _recorders = [];

    public RecorderPair(RecordingOptions options)
    {
        _services = new ServiceCollection().AddSingleton(this).AddSingleton<ISessionDirectory, NoDirectory>().AddSingleton(new SessionOptions()).BuildServiceProvider();
        _engine = new EmbeddedEngine(new MemoryGrainStore(), services: _services)
            .Host<ISessionGrain, SessionGrain>("session").Host<IChunkGrain, ChunkGrain>("chunk").Host<IRecorderGrain, PairedGrain>("recorder");
        foreach (var name in (string[])["a", "b"])
            _recorders[name] = new PairedRecorder(name, options, this);
    }

    public PairedRecorder A => _recorders["a"];
    public PairedRecorder B => _recorders["b"];
    public Guid Id { get; } = Guid.CreateVersion7();
    public ISessionGrain Session => _engine.Get<ISessionGrain>(Id.ToString("D"));

    /// <summary>The recorders that cannot be reached.</summary>
    public HashSet<string> Away { get; } = [];

    public static async Task<RecorderPair> StartAsync(RecordingOptions? options = null)
    {
        var pair = new RecorderPair((options ?? new RecordingOptions()) with { FreeSpaceReserve = 0 });
        await pair._engine.StartAsync();
        await pair.Session.CreateAsync(Caller.Local, new CreateSession(
            "local", "two recorders", null, [new TrackInfo(0, "application/octet-stream", "")], TimeSpan.FromHours(1), null, null, "a"));
        return pair;
    }

    public PairedRecorder Reach(string name) =>
        Away.Contains(name) ? throw new GrainUnreachableException($"recorder/{name}", "it is away") : _recorders[name];

    public Task<ChunkRecord> ChunkAsync(ulong index) => _engine.Get<IChunkGrain>($"{Id:D}/{index}").GetAsync();

    public async Task<ChunkLeaf> LeafAsync(ulong index) => (ChunkLeaf)Leaf.Parse((await Session.LeavesAsync(Caller.Local, index, 1)).Leaves[0]);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _services.DisposeAsync();
        foreach (var recorder in _recorders.Values)
            recorder.Dispose();
    }

    internal sealed class PairedRecorder : IPeers, IDisposable
    {
        private readonly RecorderPair _pair;
        private readonly TempFolder _folder = new();
        private readonly KeyRing _keys;
        private readonly ChunkBuffers _buffers;
        private readonly NodeLife _life;
        private readonly ErasedChunks _erased;
        private readonly PipelineCounts _counts;

        public PairedRecorder(string name, RecordingOptions options, RecorderPair pair)
        {
            var identity = new NodeIdentity(name, new Ed25519PrivateKey(Hash256.Of([(byte)name[0]]).ToArray()), Hash256.Of("network"u8), "lucid test", name);
            _pair = pair;
            _keys = KeyRing.Open(_folder.Data);
            _buffers = new ChunkBuffers(options.MemoryBudget / 2, TimeProvider.System);
            _life = new NodeLife(_folder.Data, TimeProvider.System, NullLogger<NodeLife>.Instance);
            _life.Ready();
            Chunks = new ChunkStore(_folder.Data);
            _erased = new ErasedChunks(Chunks, NullLogger<ErasedChunks>.Instance);
            var memory = new MemoryBudget(options.MemoryBudget, options.MaxWait, TimeProvider.System);
            _counts = new PipelineCounts(memory, _buffers);
            var space = new FreeSpace(_folder.Data, options, TimeProvider.System);
            Grains = new HookedGrains(pair._engine);
            Vault = new RecorderVault(_keys, Chunks, identity, space, _life, _erased, this);
            Reader = new ChunkReader(Grains, Chunks, this, identity, options, TimeProvider.System);
            Recorder = new Recorder(
                Grains, _keys, Chunks, Reader, new ChunkSealer(options, _buffers, new ThreadClock()), _buffers, space, identity,
                options, memory, _counts, TimeProvider.System);
        }

        public Recorder Recorder { get; }
        public ChunkReader Reader { get; }
        public ChunkStore Chunks { get; }
        public RecorderVault Vault { get; }
        public HookedGrains Grains { get; }

        /// <summary>What is changed of bytes that come from the other one.</summary>
        public Action<Memory<byte>> OnTheWay { get; set; } = _ => { };

        /// <summary>How often bytes were fetched from the other one.</summary>
        public int Fetched { get; private set; }

        public RecorderAddress? Address => new("https://127.0.0.1:1", "secret");

        public Task<ChunkReceived> RecordAsync(ulong index, byte[] body) => Recorder.RecordAsync(
            new ChunkUpload(Caller.Local, _pair.Id, index, 1, 0, new ChunkTimes((long)index * 1000, ((long)index + 1) * 1000), body.Length, null), new MemoryStream(body), default);

        public async Task<byte[]> PlaintextAsync(bool skipDamaged = false)
        {
            await using var plaintext = (await Recorder.OpenPlaintextAsync(Caller.Local, _pair.Id, 0, skipDamaged, default)).Plaintext;
            var all = new MemoryStream();
            await plaintext.CopyToAsync(all);
            return all.ToArray();
        }

        public async Task<byte[]> CiphertextAsync(ulong index)
        {
            var leaf = await _pair.LeafAsync(index);
            var cipher = new byte[leaf.CipherLength];
            await Recorder.ReadCiphertextAsync(leaf, cipher, default);
            return cipher;
        }

        public bool HasFile(ulong index) => File.Exists(Chunks.PathOf(_pair.Id, index));

        public Task<ImmutableArray<string>> HandKeyAsync(Guid session, SessionKey key, Hash256 salt)
        {
            // To whoever is not this one. The session need not know: no test moves it.
            foreach (var other in _pair._recorders.Values.Where(one => one != this))
                other._keys.Accept(session, key, salt);
            return Task.FromResult(ImmutableArray<string>.Empty);
        }

        public async Task ReadCiphertextAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
        {
            Fetched++;
            await _pair.Reach(recorder).Recorder.ReadCiphertextAsync(leaf, destination, cancellation);
            OnTheWay(destination);
        }

        public void Dispose()
        {
            Recorder.Dispose();
            Reader.Dispose();
            _counts.Dispose();
            _erased.Dispose();
            _life.Dispose();
            _buffers.Dispose();
            _keys.Dispose();
            _folder.Dispose();
        }
    }

    /// <summary>The grains, with something that happens before a call.</summary>
    internal sealed class HookedGrains(IGrains grains) : IGrains
    {
        /// <summary>By the method's name.</summary>
        public Dictionary<string, Func<Task>> Before { get; } = [];

        /// <summary>What a session says of itself.</summary>
        public Func<SessionView, SessionView>? Seen { get; set; }

        public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
        {
            var grain = grains.Get<TGrain>(key);
            if (Before.Count == 0 && Seen is null)
                return grain;
            var hooked = DispatchProxy.Create<TGrain, Hook>();
            var hook = (Hook)(object)hooked;
            (hook.Grain, hook.Grains) = (grain, this);
            return hooked;
        }

        // The type of a dispatch proxy cannot be sealed.
#pragma warning disable CA1852
        internal class Hook : DispatchProxy
        {
            public object? Grain { get; set; }
            public HookedGrains? Grains { get; set; }

            protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
            {
                if (targetMethod!.Name == nameof(IChunkGrain.StoredAsync) && Grains!.Before.Remove(targetMethod.Name, out var before))
                    return AfterAsync(before, () => (Task<ChunkRecord>)targetMethod.Invoke(Grain, args)!);
                if (targetMethod.ReturnType == typeof(Task<SessionView>) && Grains!.Seen is { } seen)
                    return SeenAsync((Task<SessionView>)targetMethod.Invoke(Grain, args)!, seen);
                return targetMethod.Invoke(Grain, args);
            }

            private static async Task<ChunkRecord> AfterAsync(Func<Task> before, Func<Task<ChunkRecord>> call)
            {
                await before();
                return await call();
            }

            private static async Task<SessionView> SeenAsync(Task<SessionView> view, Func<SessionView, SessionView> seen) => seen(await view);
        }
#pragma warning restore CA1852
    }

    /// <summary>The grain of the recorder that its key names, for as long as that can be reached.</summary>
    private sealed class PairedGrain(IActivation self, RecorderPair pair) : IRecorderGrain
    {
        private RecorderGrain There => new(self, pair.Reach(self.Key.Split('/')[0]).Vault);

        public Task<SessionOpened> OpenSessionAsync(Guid session) => There.OpenSessionAsync(session);
        public Task<SessionOpened> TakeOverAsync(Guid session) => There.TakeOverAsync(session);
        public Task<RecorderAddress?> AddressAsync() => There.AddressAsync();
        public Task<RecorderCondition> ConditionAsync() => There.ConditionAsync();
        public Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest) => There.SignManifestAsync(manifest);
        public Task<byte[]> SignEntryAsync(ReadOnlyMemory<byte> entry) => There.SignEntryAsync(entry);
        public Task EraseAsync(Guid session) => There.EraseAsync(session);
    }

    private sealed class NoDirectory : ISessionDirectory
    {
        public Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation) => Task.CompletedTask;
        public Task CheckNewAsync(Guid session, CancellationToken cancellation) => Task.CompletedTask;
        public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation) => throw new NotSupportedException();
        public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
