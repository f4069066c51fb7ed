using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>
/// Sessions as the tests of their behaviour see them: the real grains, with recorders, a ledger and a list in memory. What these tests know of
/// an engine stands here and nowhere else, so that the same files run on any of them. Time passes only where a test says so.
/// </summary>
internal abstract class SessionWorld(FakeRecorders recorders, FakeLedger ledger, FakeDirectory directory)
{
    public const string Node = "node-1";

    public FakeRecorders Recorders => recorders;
    public FakeVault Vault => Recorders[Node];
    public FakeLedger Ledger => ledger;
    public FakeDirectory Directory => directory;
    public Guid Id { get; protected init; } = Guid.Parse("0190b2f0-0000-7000-8000-000000000001");

    /// <summary>For the session that goes on with this one.</summary>
    public Guid NextId { get; protected init; } = Guid.Parse("0190b2f0-0000-7000-8000-000000000002");

    public abstract IGrains Grains { get; }
    public abstract DateTimeOffset Now { get; }

    /// <summary>The session, called by whoever owns it.</summary>
    public AskedSession Session => As(Owner);

    public static Caller Owner { get; } = new("local", Role.User);

    /// <summary>The session, called by that one.</summary>
    public AskedSession As(Caller caller, Guid? session = null) => new(Grains.Get<ISessionGrain>((session ?? Id).ToString("D")), caller);

    /// <summary>What the ledger was handed of the session.</summary>
    public ImmutableArray<byte[]> Entries => [.. Ledger.Of(Id).Select(one => one.Entry)];

    /// <summary>The nodes whose logs were handed the entries, in the same order.</summary>
    public ImmutableArray<string> LedgerNodes => [.. Ledger.Of(Id).Select(one => one.Node)];

    /// <summary>Runs the body of a test where calls to grains may be made, and no longer than a test may take.</summary>
    public abstract Task RunAsync(Func<Task> body);

    /// <summary>Lets time pass. What a session in memory does meanwhile is done afterwards.</summary>
    public abstract Task DelayAsync(double seconds);

    /// <summary>Lets time pass until a call that waits for it is answered.</summary>
    public abstract Task<T> AnsweredAsync<T>(Task<T> call);

    /// <summary>Waits for a status that the list of sessions says, without a call to the session: nothing wakes it but its reminder.</summary>
    public abstract Task UntilListedAsync(SessionStatus status);

    /// <summary>The session leaves memory; the next call brings it back from what is stored.</summary>
    public abstract Task ForgetAsync();

    /// <summary>What is stored of the session becomes what an earlier version has stored.</summary>
    public abstract Task RewriteAsync(Action<JsonObject> change);

    /// <summary>The node that has the session in memory dies without a word.</summary>
    public abstract Task KillAsync();

    /// <summary>Sessions of <see cref="Node"/> can go on at these.</summary>
    public void GiveHeirs(params string[] heirs) => Vault.Heirs = [.. heirs];

    /// <summary>Every recorder anchors at that node.</summary>
    public void LedgerIsAt(string node)
    {
        foreach (var recorder in (string[])[Node, .. Vault.Heirs])
            Recorders[recorder].Ledger = node;
    }

    public Task<SessionView> CreateAsync(TimeSpan? idle = null, TimeSpan? retention = null) => Session.CreateAsync(
        new CreateSession("local", "a session", null, [new TrackInfo(0, "application/octet-stream", "")], idle ?? TimeSpan.FromSeconds(60), retention, null, Node));

    public Task<SessionView> StopAsync(long lease = 1) => Session.StopAsync(new StopSession(lease, AcceptGaps: false));

    /// <summary>What a recorder does for one chunk, without its bytes.</summary>
    public async Task RecordAsync(ulong index, long lease = 1, ChunkTimes? times = null, int plain = 1000, string recorder = Node)
    {
        var admission = await Session.AdmitAsync(new AdmitChunk(index, lease, 0, times));
        if (admission.Counted)
            return;
        var record = await StoreAsync(index, admission.Times, plain, lease, recorder);
        await Session.CountAsync(new CountChunk(index, lease, record.Leaf));
    }

    /// <summary>The part of it before the recorder tells the session. One that dies then leaves the chunk stored and not counted.</summary>
    public Task<ChunkRecord> StoreAsync(ulong index, ChunkTimes times, int plain = 1000, long lease = 1, string recorder = Node) =>
        Grains.Get<IChunkGrain>($"{Id:D}/{index}").StoredAsync(
            new ChunkRecord(ChunkStage.Stored, LeafOf(index, times, plain).Encode(), Hash256.Zero, $"receipt of {recorder}", lease) { Recorder = recorder });

    public ChunkLeaf LeafOf(ulong index, ChunkTimes times, int plain = 1000) =>
        new(Id, index, 0, times.StartMs, times.EndMs, ChunkCodec.Gzip, plain, plain + 100, Hash256.Of([(byte)index]));

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

    public Task<SessionView> UntilAsync(SessionStatus status) => UntilAsync(view => view.Status == status);

    /// <summary>Lets time pass until the session says what is wanted.</summary>
    public async Task<SessionView> UntilAsync(Func<SessionView, bool> wanted)
    {
        for (var view = await Session.GetAsync(); ; view = await Session.GetAsync())
        {
            if (wanted(view))
                return view;
            await DelayAsync(1);
        }
    }
}
