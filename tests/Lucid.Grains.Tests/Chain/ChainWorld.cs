using System.Text;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Grains.Chain;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Chain;

/// <summary>A node with its ledger on virtual time: the real grains on the simulated engine, and the disk in memory.</summary>
internal sealed class ChainWorld
{
    private MemoryGrainStore _store = new();

    /// <param name="start">Whether the node starts at once, and with it the chain.</param>
    public ChainWorld(MemoryLedger disk, int poolLimit = 1000, int seed = 1, bool start = true)
    {
        (Disk, PoolLimit, Simulation) = (disk, poolLimit, new Simulation(seed));
        Engine = MakeEngine();
        Run(() => Engine.StartAsync());
        if (start)
            Run(() => Chain.StartAsync());
    }

    public ChainWorld(LedgerParameters? parameters = null, int poolLimit = 1000)
        : this(new MemoryLedger(new TestNetwork(1, parameters)), poolLimit) { }

    public MemoryLedger Disk { get; }
    public int PoolLimit { get; }
    public Simulation Simulation { get; private set; }
    public EmbeddedEngine Engine { get; private set; }
    public EntryPool Pool { get; private set; } = null!;
    public HeardNews News { get; } = new();
    public string Node => Recorder.PublicKey.ToString();
    public Ed25519PrivateKey Recorder => Disk.Keys.Identity;
    public Genesis Genesis => Disk.Network.Genesis;
    public IChainGrain Chain => Engine.Get<IChainGrain>(Node);
    public ILogGrain Log => Engine.Get<ILogGrain>(Node);

    public void Run(Func<Task> body) => Simulation.Run(body, TimeSpan.FromDays(2));
    public T Run<T>(Func<Task<T>> body) => Simulation.Run(body);
    public Task DelayAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Simulation.Clock);

    /// <summary>The node dies without a word and comes back after a while.</summary>
    public void Crash(TimeSpan down) => Run(async () =>
    {
        await Engine.StopAsync(new CancellationToken(canceled: true));
        await Task.Delay(down, Simulation.Clock);
        Engine = MakeEngine();
        await Engine.StartAsync();
    });

    /// <summary>The node comes back on a machine whose clock shows again what it showed when this world began.</summary>
    public void CrashAndSetClockBack()
    {
        Run(() => Engine.StopAsync(new CancellationToken(canceled: true)));
        (Simulation, _store) = (new Simulation(2), new MemoryGrainStore());
        Engine = MakeEngine();
        Run(() => Engine.StartAsync());
        Run(() => Chain.StartAsync());
    }

    /// <summary>Waits for a block, on virtual time.</summary>
    public async Task<BlockPoint> UntilAsync(ulong height)
    {
        for (var latest = await Chain.LatestAsync(); ; latest = await Chain.LatestAsync())
        {
            if (latest.Height >= height)
                return latest;
            await DelayAsync(0.1);
        }
    }

    public Anchor Anchor(int number, string variant = "") => Sample.Anchor(number, Recorder, variant);

    public Task<EntryStatus> SubmitAsync(LogEntry entry) => Log.SubmitAsync(entry.Encode());

    /// <summary>Hands in the entry as its recorder signed it.</summary>
    public Task<EntryStatus> SubmitSignedAsync(LogEntry entry, Ed25519PrivateKey recorder) =>
        Log.SubmitSignedAsync(Sample.Signed(Genesis, recorder, entry).Bytes);

    /// <summary>That blocks, log, index and checkpoint are one unbroken ledger, and its votes never contradicted themselves.</summary>
    public void CheckLedger()
    {
        var head = LedgerHead.Before(Genesis);
        var places = new HashSet<EntryKey>();
        for (var height = 1ul; height <= Disk.Blocks.Height; height++)
        {
            var block = Disk.Blocks.At(height);
            Assert.Null(LedgerTransition.FindFault(Genesis, head, block, null, places.Contains));
            Assert.Null(block.Certificate!.FindFault(block.Header, Genesis.Validators));
            var entries = LedgerTransition.Entries(block.Transactions);
            for (var i = 0; i < entries.Length; i++)
                Assert.Equal((head.LogSize + (ulong)i, height), (Disk.Index.Find(EntryPool.KeyOf(entries[i])) is { } place ? (place.Index, place.Height) : default));
            places.UnionWith(entries.Select(EntryPool.KeyOf));
            head = LedgerTransition.Apply(head, block, entries);
        }
        Assert.Equal((head.LogSize, head.LogRoot), (Disk.Log.Size, Disk.Log.Root()));
        Assert.Equal(Disk.Blocks.Height, Disk.Index.Height);
        Assert.Equal(head.Counts, Disk.Index.Counts);
        Assert.Equal(head.LogSize, Disk.Checkpoints.Published!.Size);
        Assert.Equal(head.LogRoot, CheckNote(SignedNote.Parse(Disk.Checkpoints.Published.Note)).Root);
        Assert.Empty(Disk.Votes.Conflicts);
    }

    /// <summary>That a receipt proves the entry, as a stranger would check it.</summary>
    public BlockHeader CheckReceipt(LogEntry entry, LogReceipt? receipt)
    {
        Assert.NotNull(receipt);
        var proof = TlogProof.Parse(Encoding.UTF8.GetBytes(receipt.Proof));
        Assert.True(proof.VerifyInclusion(MerkleHash.Leaf(entry.Encode())));
        Assert.Equal(receipt.Index, proof.Index);
        var checkpoint = CheckNote(proof.Note);
        var header = BlockHeader.Parse(receipt.Block.Header);
        Assert.Null(CommitCertificate.Parse(receipt.Block.Certificate).FindFault(header, Genesis.Validators));
        Assert.Equal((header.LogSize, header.LogRoot, header.TimeMs), (checkpoint.Size, checkpoint.Root, receipt.BlockTimeMs));
        Assert.Equal(receipt.Block.Height, header.Height);
        return header;
    }

    private Checkpoint CheckNote(SignedNote note)
    {
        var origin = LedgerName.LogOrigin(Genesis.Network);
        var cosigner = NoteVerifierKey.For(Genesis.Validators.CosignerName(0), NoteKeyType.Cosignature, Disk.Keys.Cosigning.PublicKey);
        var log = NoteVerifierKey.For(origin, NoteKeyType.Ed25519, Disk.Keys.Log.PublicKey);
        Assert.Equal([log, cosigner], note.Verify(cosigner, log).Valid.Select(signature => signature.Key).OrderBy(key => key.Name, StringComparer.Ordinal));
        Assert.Equal(origin, note.Signatures[0].Name);
        var checkpoint = Checkpoint.Parse(note.TextBytes);
        Assert.Equal(origin, checkpoint.Origin);
        return checkpoint;
    }

    private EmbeddedEngine MakeEngine()
    {
        Pool = new EntryPool(PoolLimit);
        var services = new ServiceCollection().AddSingleton(Disk.Node(Pool)).AddSingleton(News).BuildServiceProvider();
        return Simulation.Engine(_store, services: services)
            .Host<IChainGrain, ChainGrain>("chain")
            .Host<ILogGrain, LogGrain>("log")
            .Host<INewsGrain, NewsGrain>("news");
    }
}

internal static class Sample
{
    public static Guid Session(int number) => Guid.Parse($"0190b2f0-0000-7000-8000-{number:x12}");

    public static Anchor Anchor(int number, Ed25519PrivateKey recorder, string variant = "") => new(
        Session(number), recorder.PublicKey, Hash256.Of(Encoding.UTF8.GetBytes($"manifest {number} {variant}")), MerkleHash.Empty,
        Hash256.Zero, 1_700_000_000_000, 0);

    public static LedgerEntry Entry(int number, Ed25519PrivateKey recorder) => LedgerEntry.Parse(Anchor(number, recorder).Encode());

    /// <summary>Of a session without any leaf.</summary>
    public static Manifest Manifest(Hash256 network, ManifestRecorder recorder, BlockPoint after) => new()
    {
        Network = network,
        Session = Session(1),
        Owner = "local",
        OwnerSalt = Hash256.Of("salt"u8),
        StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(after.TimeMs),
        EndedAt = DateTimeOffset.FromUnixTimeMilliseconds(after.TimeMs + 1000),
        Recorder = recorder,
        PolicyHash = Hash256.Zero,
        Outcome = SessionOutcome.Closed,
        Continues = null,
        LeafCount = 0,
        ChunkCount = 0,
        GapCount = 0,
        PlainBytes = 0,
        CipherBytes = 0,
        GapMs = 0,
        DurationMs = 0,
        SessionRoot = MerkleHash.Empty,
        KeyCommitment = Hash256.Of("key commitment"u8),
        AfterBlock = new BlockReference(after.Height, after.Id, DateTimeOffset.FromUnixTimeMilliseconds(after.TimeMs)),
        Tracks = [new ManifestTrack(0, "application/octet-stream", "")],
    };

    public static AnchorBatch Signed(Genesis genesis, Ed25519PrivateKey recorder, params IEnumerable<LogEntry> entries) => AnchorBatch.Create(
        genesis.Network, recorder.PublicKey, [.. entries.Select(entry => LedgerEntry.Parse(entry.Encode()))], message => recorder.Sign(message.Span));
}

internal sealed class HeardNews
{
    public List<BlockCommitted> Blocks { get; } = [];
    public List<(string Key, LogEntryCommitted Entry, DateTimeOffset At)> Entries { get; } = [];
}

public interface INewsGrain : IGrain;

internal sealed class NewsGrain(IActivation self, HeardNews news) : INewsGrain, IHandles<BlockCommitted>, IHandles<LogEntryCommitted>
{
    public Task HandleAsync(BlockCommitted item)
    {
        news.Blocks.Add(item);
        return Task.CompletedTask;
    }

    public Task HandleAsync(LogEntryCommitted item)
    {
        news.Entries.Add((self.Key, item, self.Clock.GetUtcNow()));
        return Task.CompletedTask;
    }
}
