using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>From the first chunk to the anchor and to erasure, on whichever engine the world has.</summary>
public abstract class SessionBehaviour
{
    private readonly SessionWorld _world;

    private protected SessionBehaviour(SessionWorld world) => _world = world;

    [Fact]
    public Task Stop_AfterThreeChunks_AnchorsAManifestThatAddsUp() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        for (ulong i = 0; i < 3; i++)
        {
            await _world.DelayAsync(2);
            await _world.RecordAsync(i);
        }
        var stopped = await _world.StopAsync();
        var view = await _world.UntilAsync(SessionStatus.Anchored);

        Assert.Equal("closed", stopped.Outcome);
        Assert.Equal(5, view.Anchor!.BlockHeight);
        var signed = await _world.Session.ManifestAsync();
        var manifest = Manifest.Parse(signed.Manifest);
        var leaves = await _world.LeavesAsync();
        var tree = new MerkleFrontier();
        var totals = LeafTotals.None;
        foreach (var leaf in leaves)
        {
            tree.Append(leaf.Hash());
            totals = totals.Add(leaf);
        }
        Assert.Equal(3u, manifest.ChunkCount);
        Assert.Equal(tree.Root(), manifest.SessionRoot);
        Assert.Equal(manifest, manifest.WithLeaves(totals, tree.Root()));
        Assert.Equal([(0L, 2000L), (2000L, 4000L), (4000L, 6000L)], leaves.Select(leaf => (leaf.StartMs, leaf.EndMs)));
        Assert.Equal(Anchor.Of(manifest, signed.Manifest).Encode(), Assert.Single(_world.Entries));
        Assert.Equal(SessionStatus.Anchored, _world.Directory.Rows[_world.Id].Status);
    });

    [Fact]
    public Task Stop_WithoutAnyChunk_AnchorsTheEmptyTree() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal(MerkleHash.Empty, view.MerkleRoot);
    });

    [Theory]
    [InlineData(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    [InlineData(9, 8, 7, 6, 5, 4, 3, 2, 1, 0)]
    [InlineData(0, 5, 1, 3, 2, 4, 9, 6, 8, 7)]
    public Task Record_InAnyOrder_GivesTheTreeOfTheirIndices(params int[] order) => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        foreach (var index in order)
            await _world.RecordAsync((ulong)index, times: TimesOf(index));
        var tree = new MerkleFrontier();
        foreach (var index in Enumerable.Range(0, order.Length))
            tree.Append(_world.LeafOf((ulong)index, TimesOf(index)).Hash());
        Assert.Equal(tree.Root(), (await _world.StopAsync()).MerkleRoot);

        static ChunkTimes TimesOf(int index) => new(index * 10, (index * 10) + 10);
    });

    [Fact]
    public Task Record_ManyChunksInRandomOrder_ServesLeavesByIndex() => _world.RunAsync(async () =>
    {
        var random = new Random(7);
        await _world.CreateAsync();
        var missing = new SortedSet<ulong>(Enumerable.Range(0, 700).Select(i => (ulong)i));
        while (missing.Count > 0)
        {
            var near = missing.TakeWhile(i => i < missing.Min + 10).ToList();
            var index = near[random.Next(near.Count)];
            await _world.RecordAsync(index);
            missing.Remove(index);
        }
        Assert.Equal(Enumerable.Range(0, 700).Select(i => (ulong)i), (await _world.LeavesAsync()).Select(leaf => leaf.Index));
    });

    [Fact]
    public Task Admit_BeyondTheWindow_IsRefusedNamingTheMissingChunk() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(9);
        var refused = await Assert.ThrowsAsync<ChunkWindowException>(() => _world.RecordAsync(10));
        Assert.Contains("Send chunk 0 first", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Create_Again_AnswersTheSameSession_AndAnotherRequestIsRefused() => _world.RunAsync(async () =>
    {
        Assert.Equal((await _world.CreateAsync()).CreatedAt, (await _world.CreateAsync()).CreatedAt);
        await Assert.ThrowsAsync<SessionConflictException>(() => _world.CreateAsync(idle: TimeSpan.FromSeconds(61)));
    });

    [Theory]
    [InlineData(9)]
    [InlineData(86_401)]
    public Task Create_WithAnIdleLimitOutOfRange_IsRefused(int seconds) => _world.RunAsync(async () =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.CreateAsync(idle: TimeSpan.FromSeconds(seconds))));

    [Fact]
    public Task Create_WithAnOwnerThatNoManifestCanHold_IsRefusedAtTheDoor() => _world.RunAsync(async () =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.As(new Caller("super", Role.SuperAdmin)).CreateAsync(new CreateSession(
            "a\nb", "name", null, [new TrackInfo(0, "text/plain", "")], TimeSpan.FromSeconds(60), null, null, SessionWorld.Node))));

    [Fact]
    public Task AnyCall_OnASessionThatNeverWas_SaysSo() => _world.RunAsync(async () =>
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.GetAsync()));

    [Fact]
    public Task Resume_GivesANewLease_AndFencesTheOld() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        Assert.Equal(2, (await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet))).Lease);
        await Assert.ThrowsAsync<FencedException>(() => _world.RecordAsync(1, lease: 1));
        await Assert.ThrowsAsync<FencedException>(() => _world.Session.HeartbeatAsync(1));
        await Assert.ThrowsAsync<FencedException>(() => _world.StopAsync());
        await _world.RecordAsync(1, lease: 2);
    });

    [Fact]
    public Task Count_FencedBetweenAdmissionAndCount_CountsNothing() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        var admission = await _world.Session.AdmitAsync(new AdmitChunk(0, 1, 0, null));
        await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        var leaf = new ChunkLeaf(_world.Id, 0, 0, admission.Times.StartMs, admission.Times.EndMs, "gzip", 1, 100, default);
        await Assert.ThrowsAsync<FencedException>(() => _world.Session.CountAsync(new CountChunk(0, 1, leaf.Encode())));
        Assert.Equal(0, (await _world.Session.GetAsync()).ChunkCount);
    });

    [Fact]
    public Task Resume_CountsWhatTheOldLeaseHadStored_AndNothingThatItStoresLater() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StoreAsync(0, new ChunkTimes(0, 10));
        Assert.Equal(1ul, (await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet))).NextIndex);
        await _world.StoreAsync(1, new ChunkTimes(10, 20), lease: 1);
        // Whoever is told of this one was told of the other before.
        await _world.StoreAsync(2, new ChunkTimes(60, 70), lease: 2);
        await _world.UntilAsync(view => view.CountedAhead.Contains(2ul));
        Assert.Equal(1ul, (await _world.Session.GetAsync()).NextIndex);
        await _world.RecordAsync(1, lease: 2, times: new ChunkTimes(50, 60));
        await _world.StopAsync(lease: 2);
        Assert.Equal(50, (await _world.LeavesAsync())[1].StartMs);
    });

    [Fact]
    public Task Count_OfAChunkWhosePlaceAGapTookMeanwhile_IsRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        await _world.Session.PauseAsync(1);
        await _world.DelayAsync(30);
        await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        var admission = await _world.Session.AdmitAsync(new AdmitChunk(1, 2, 0, null));
        await _world.StopAsync(lease: 2);
        // The pause became leaf 1. Whoever is told now that chunk 1 is counted would hold a receipt for nothing.
        Assert.IsType<GapLeaf>((await _world.LeavesAsync())[1]);
        var late = await _world.StoreAsync(1, admission.Times, lease: 2);
        await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.CountAsync(new CountChunk(1, 2, late.Leaf)));
        await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.AdmitAsync(new AdmitChunk(1, 2, 0, null)));
        Assert.True((await _world.Session.AdmitAsync(new AdmitChunk(0, 2, 0, null))).Counted);
    });

    [Fact]
    public Task Pause_BecomesAGapLeaf() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(1);
        await _world.RecordAsync(0);
        await _world.Session.PauseAsync(1);
        await Assert.ThrowsAsync<SessionStateException>(() => _world.RecordAsync(1));
        await _world.DelayAsync(30);
        var resumed = await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        await _world.DelayAsync(1);
        await _world.RecordAsync(1, lease: resumed.Lease!.Value);
        await _world.StopAsync(lease: 2);
        var leaves = await _world.LeavesAsync();
        Assert.Equal(new GapLeaf(_world.Id, 2, 0, 1000, 31_000, GapCause.Paused), leaves[2]);
        Assert.Equal((31_000L, 32_000L), (leaves[1].StartMs, leaves[1].EndMs));
    });

    [Fact]
    public Task Stop_WithHoles_NamesThem_AndWithGapsAcceptedTurnsThemIntoLeaves() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0, times: new ChunkTimes(0, 100));
        await _world.RecordAsync(3, times: new ChunkTimes(300, 400));
        var refused = await Assert.ThrowsAsync<SessionHolesException>(() => _world.StopAsync());
        Assert.Contains("1, 2", refused.Message, StringComparison.Ordinal);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: true));
        var leaves = await _world.LeavesAsync();
        Assert.Equal(new GapLeaf(_world.Id, 1, 0, 100, 200, GapCause.Lost), leaves[1]);
        Assert.Equal(new GapLeaf(_world.Id, 2, 0, 200, 300, GapCause.Lost), leaves[2]);
        Assert.Equal(4u, Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).LeafCount);
    });

    [Fact]
    public Task Store_OfAChunkWhoseRecorderDiesBeforeItSaysSo_IsCountedWhenTheSessionIsToldOfIt() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StoreAsync(0, new ChunkTimes(0, 100));
        var view = await _world.UntilAsync(view => view.NextIndex == 1);
        Assert.Equal(SessionStatus.Recording, view.Status);
    });

    [Fact]
    public Task Stop_WithAStoredButUncountedChunk_CountsItInsteadOfCallingItLost() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0, times: new ChunkTimes(0, 100));
        await _world.RecordAsync(2, times: new ChunkTimes(200, 300));
        await _world.StoreAsync(1, new ChunkTimes(100, 200));
        var view = await _world.StopAsync();
        Assert.Equal((3L, 0L), (view.ChunkCount, view.GapCount));
    });

    [Fact]
    public Task Silence_BeyondTheIdleLimit_ClosesAsInterruptedWithAGap() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.DelayAsync(5);
        await _world.RecordAsync(0);
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal("interrupted", view.Outcome);
        var gap = Assert.IsType<GapLeaf>((await _world.LeavesAsync())[1]);
        Assert.Equal((GapCause.RecorderCrash, 5000L), (gap.Cause, gap.StartMs));
        Assert.InRange(gap.EndMs, 25_000, 31_000);
    });

    [Fact]
    public Task Silence_AfterAPause_SaysNoSecondTwice() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.DelayAsync(5);
        await _world.RecordAsync(0);
        await _world.Session.PauseAsync(1);
        await _world.DelayAsync(3);
        await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        var gaps = (await _world.LeavesAsync()).OfType<GapLeaf>().OrderBy(gap => gap.StartMs).ToList();
        Assert.Equal([GapCause.Paused, GapCause.RecorderCrash], gaps.Select(gap => gap.Cause));
        Assert.Equal(gaps[0].EndMs, gaps[1].StartMs);
        Assert.Equal(view.DurationMs - 5000, view.GapMs);
    });

    [Fact]
    public Task Admit_TimesFarAhead_AreRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.RecordAsync(0, times: new ChunkTimes(0, Leaf.MaxMs)));
        await _world.RecordAsync(0, times: new ChunkTimes(0, 3_600_000));
    });

    [Fact]
    public Task Heartbeats_KeepAnIdleSessionOpen() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        for (var i = 0; i < 10; i++)
        {
            await _world.DelayAsync(15);
            await _world.Session.HeartbeatAsync(1);
        }
        Assert.Equal(SessionStatus.Created, (await _world.Session.GetAsync()).Status);
    });

    [Fact]
    public Task Resume_AfterAnInterruption_ContinuesInANewSession() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.RecordAsync(0);
        await _world.UntilAsync(SessionStatus.Anchored);
        var next = _world.NextId;
        var continued = await _world.Session.ResumeAsync(new ResumeSession(next));
        Assert.Equal((next, _world.Id, 1L), (continued.SessionId, continued.Continues!.Value, continued.Lease!.Value));
        Assert.Equal(next, (await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet))).SessionId);
        Assert.Equal(next, (await _world.Session.GetAsync()).ContinuedBy);
    });

    [Fact]
    public Task Resume_OfAClosedSession_IsRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.StopAsync();
        await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet)));
    });

    [Fact]
    public Task Admit_WithoutRoom_ClosesTheSessionWithAnOverloadGap() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(1);
        await _world.RecordAsync(0);
        await _world.DelayAsync(1);
        _world.Vault.HasRoom = false;
        await Assert.ThrowsAsync<NoRoomException>(() => _world.RecordAsync(1));
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal("interrupted", view.Outcome);
        Assert.Equal(new GapLeaf(_world.Id, 1, 0, 1000, 2000, GapCause.Overload), (await _world.LeavesAsync())[1]);
    });

    [Fact]
    public Task Create_WithoutRoom_IsRefused() => _world.RunAsync(async () =>
    {
        _world.Vault.HasRoom = false;
        await Assert.ThrowsAsync<NoRoomException>(() => _world.CreateAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.GetAsync());
    });

    [Fact]
    public Task Seal_ThatFails_FailsTheSessionWithItsCause_AndRecoverFinishes() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        _world.Vault.RefuseToSign = "the disk is on fire";
        var failed = await _world.StopAsync();
        Assert.Equal((SessionStatus.Failed, "the disk is on fire"), (failed.Status, failed.Failure));
        _world.Vault.RefuseToSign = null;
        await _world.Session.RecoverAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public Task Anchor_WithoutBeingTold_IsFoundByLooking() => _world.RunAsync(async () =>
    {
        _world.Ledger.Open = false;
        await _world.CreateAsync();
        var view = await _world.StopAsync();
        Assert.Equal((SessionStatus.Anchoring, "the next block"), (view.Status, view.Waiting));
        _world.Ledger.Open = true;
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public Task Erase_DestroysTheKeyAndAnchorsARecord() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await Assert.ThrowsAsync<SessionStateException>(() => _world.Session.EraseAsync());
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var erased = await _world.Session.EraseAsync();
        Assert.Equal(SessionStatus.Erased, erased.Status);
        Assert.Contains(_world.Id, _world.Vault.Erasures);
        Assert.IsType<Erasure>(LogEntry.Parse(_world.Entries[^1]));
        Assert.NotNull((await _world.Session.ManifestAsync()).Manifest);
        Assert.Equal(erased.ErasedAt, (await _world.Session.EraseAsync()).ErasedAt);
    });

    [Fact]
    public Task Retention_ErasesWhenItsTimeHasCome() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(retention: TimeSpan.FromDays(30));
        await _world.StopAsync();
        var anchored = await _world.UntilAsync(SessionStatus.Anchored);
        await _world.DelayAsync(700 * 3600);
        Assert.Equal(SessionStatus.Anchored, (await _world.Session.GetAsync()).Status);
        await _world.DelayAsync(25 * 3600);
        await _world.UntilAsync(SessionStatus.Erased);
        Assert.NotNull(anchored.Anchor);
    });

    [Fact]
    public Task Tracks_OtherThanTheSessions_AreRefused() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.Session.AdmitAsync(new AdmitChunk(0, 1, 1, null)));
        await Assert.ThrowsAsync<InvalidRequestException>(() => _world.Session.AdmitAsync(new AdmitChunk(0, 1, 0, new ChunkTimes(5, 4))));
    });
}
