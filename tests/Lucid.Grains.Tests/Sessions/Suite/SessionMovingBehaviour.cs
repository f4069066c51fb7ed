using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions whose recorder cannot be reached go on at another one that has their key.</summary>
public abstract class SessionMovingBehaviour
{
    private const string First = SessionWorld.Node;
    private const string Second = "node-2";
    private const string Third = "node-3";
    private readonly SessionWorld _world;

    private protected SessionMovingBehaviour(SessionWorld world)
    {
        _world = world;
        _world.GiveHeirs(Second, Third);
    }

    [Fact]
    public Task Move_ForAGateway_GoesOnAtTheFirstHeir_UnderTheSameLease() => _world.RunAsync(async () =>
    {
        var created = await _world.CreateAsync();
        await _world.RecordAsync(0);
        Assert.Equal((First, Second), (created.Recorder, (await _world.Session.MoveAsync(First)).Recorder));
        // The other gateways that could not reach it come later.
        Assert.Equal(Second, (await _world.Session.MoveAsync(First)).Recorder);
        await _world.RecordAsync(1, lease: 1, recorder: Second);
        Assert.Equal((1L, Second), ((await _world.CreateAsync()).Lease!.Value, _world.Directory.Rows[_world.Id].Recorder));
        await _world.StopAsync();
        await _world.UntilAsync(SessionStatus.Anchored);
        var signed = await _world.Session.ManifestAsync();
        var manifest = Manifest.Parse(signed.Manifest);
        Assert.Equal((Second, _world.Recorders[Second].Key.PublicKey), (manifest.Recorder.Name, manifest.Recorder.Key));
        Assert.Equal(signed.Manifest, _world.Recorders[Second].Manifests[_world.Id]);
        Assert.Equal([Second], _world.LedgerNodes);
    });

    [Fact]
    public Task Move_RoundAndRound_ComesToEveryRecorderThatHasTheKey() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        Assert.Equal(Second, (await _world.Session.MoveAsync(First)).Recorder);
        Assert.Equal(Third, (await _world.Session.MoveAsync(Second)).Recorder);
        Assert.Equal(First, (await _world.Session.MoveAsync(Third)).Recorder);
    });

    [Fact]
    public Task Move_OnceTheManifestIsSigned_ChangesNothing() => _world.RunAsync(async () =>
    {
        _world.Ledger.Open = false;
        await _world.CreateAsync();
        await _world.StopAsync();
        Assert.Equal((SessionStatus.Anchoring, First), StatusOf(await _world.Session.MoveAsync(First)));
        _world.Ledger.Open = true;
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((SessionStatus.Anchored, First), StatusOf(await _world.Session.MoveAsync(First)));
    });

    [Fact]
    public Task Move_OfASessionThatNeverWas_SaysSo() => _world.RunAsync(async () =>
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.MoveAsync(First)));

    [Fact]
    public Task Admit_WithTheRecorderAway_Moves_AndClaimsNoSecondInWhichNobodyRecorded() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.DelayAsync(4);
        // In the recorder's hands when it dies.
        await _world.Session.AdmitAsync(new AdmitChunk(1, 1, 0, null));
        _world.Recorders.TakeAway(First);
        await _world.DelayAsync(6);
        await _world.RecordAsync(1, recorder: Second);
        await _world.DelayAsync(3);
        await _world.RecordAsync(2, recorder: Second);
        await _world.StopAsync();
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (20_000, 20_000, "chunk"), (20_000, 23_000, "chunk"), (10_000, 20_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public Task Admit_AfterAMoveThatAnotherActivationMade_ClaimsNoSecondInWhichNobodyRecorded() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.DelayAsync(10);
        await _world.Session.MoveAsync(First);
        await _world.ForgetAsync();
        await _world.DelayAsync(1);
        await _world.RecordAsync(1, recorder: Second);
        await _world.StopAsync();
        Assert.Equal([(0L, 10_000L, "chunk"), (20_000, 21_000, "chunk"), (10_000, 20_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public Task Move_WhoseSecondsAreDeliveredLater_LeavesNoGap() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0, times: new ChunkTimes(0, 10_000));
        _world.Recorders.TakeAway(First);
        await _world.DelayAsync(10);
        await _world.RecordAsync(1, times: new ChunkTimes(10_000, 15_000), recorder: Second);
        await _world.RecordAsync(2, times: new ChunkTimes(15_000, 20_000), recorder: Second);
        var view = await _world.StopAsync();
        Assert.Equal((3L, 0L), (view.ChunkCount, view.GapCount));
    });

    [Fact]
    public Task Move_ThereAndBack_ClaimsEachOutageOnce() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        var died = Now;
        _world.Recorders.TakeAway(First);
        // The heir was away itself before it took over, and that is none of the session's.
        _world.Recorders[Second].LastDown = new DownTime(Now - TimeSpan.FromSeconds(8), Now - TimeSpan.FromSeconds(1));
        await _world.DelayAsync(2);
        await _world.RecordAsync(1, recorder: Second);
        await _world.DelayAsync(8);
        await _world.RecordAsync(2, recorder: Second);
        _world.Recorders.BringBack(First);
        _world.Vault.LastDown = new DownTime(died, Now);
        await _world.DelayAsync(10);
        await _world.RecordAsync(3, recorder: Second);
        await _world.Session.MoveAsync(Second);
        await _world.Session.MoveAsync(Third);
        await _world.DelayAsync(5);
        await _world.RecordAsync(4);
        await _world.StopAsync();
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (12_000, 12_000, "chunk"), (12_000, 20_000, "chunk"), (20_000, 30_000, "chunk"), (30_000, 35_000, "chunk"), (10_000, 12_000, "NodeDown")],
            await PartsAsync());
    });

    [Fact]
    public Task Move_WhilePaused_AddsNothingToThePause() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.Session.PauseAsync(1);
        await _world.DelayAsync(10);
        Assert.Equal((SessionStatus.Paused, Second), StatusOf(await _world.Session.MoveAsync(First)));
        await _world.DelayAsync(10);
        await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet));
        await _world.DelayAsync(1);
        await _world.RecordAsync(1, lease: 2, recorder: Second);
        await _world.StopAsync(lease: 2);
        Assert.Equal([(0L, 10_000L, "chunk"), (30_000, 31_000, "chunk"), (10_000, 30_000, "Paused")], await PartsAsync());
    });

    [Fact]
    public Task Outage_WhileTheSessionStaysInMemory_BecomesAGap_Once() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.DelayAsync(2);
        await _world.Session.AdmitAsync(new AdmitChunk(1, 1, 0, null));
        await _world.DelayAsync(3);
        _world.Vault.LastDown = new DownTime(Now - TimeSpan.FromSeconds(2), Now + TimeSpan.FromSeconds(15));
        await _world.DelayAsync(20);
        await _world.RecordAsync(1);
        await _world.DelayAsync(5);
        await _world.RecordAsync(2);
        await _world.StopAsync();
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (30_000, 35_000, "chunk"), (35_000, 40_000, "chunk"), (13_000, 30_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public Task Outage_OfARecorderThatIsNotReadyYet_GrowsUntilItIs() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        for (var second = 0; second < 3; second++)
        {
            await _world.DelayAsync(1);
            _world.Vault.LastDown = new DownTime(Now - TimeSpan.FromSeconds(1 + second), Now);
            await _world.Session.AdmitAsync(new AdmitChunk(1, 1, 0, null));
        }
        await _world.DelayAsync(1);
        await _world.RecordAsync(1);
        await _world.StopAsync();
        var parts = await PartsAsync();
        Assert.Equal((13_000L, 14_000L, "chunk"), parts[1]);
        Assert.Equal([(10_000L, 11_000L, "NodeDown"), (11_000, 12_000, "NodeDown"), (12_000, 13_000, "NodeDown")], parts[2..]);
    });

    [Fact]
    public Task Stop_WithTheRecorderAway_IsSealedByAnHeir() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        _world.Recorders.TakeAway(First);
        var stopped = await _world.StopAsync();
        Assert.Equal((SessionStatus.Anchored, Second), StatusOf(await _world.UntilAsync(SessionStatus.Anchored)));
        Assert.Equal((Second, 0L), (stopped.Recorder, stopped.GapCount));
        Assert.Equal(Second, Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).Recorder.Name);
    });

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public Task Stop_WithNobodyThere_Waits_SaysForWhom_AndIsFinishedOnceOneIsBack(string back) => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        TakeAway(First, Second, Third);
        var stopped = await _world.StopAsync();
        Assert.Equal((SessionStatus.Sealing, First), StatusOf(stopped));
        Assert.StartsWith("recorder node-1, which has the session's key, cannot be reached; ", stopped.Waiting, StringComparison.Ordinal);
        Assert.Contains($"{Second}: ", stopped.Waiting, StringComparison.Ordinal);
        Assert.Contains($"{Third}: ", stopped.Waiting, StringComparison.Ordinal);
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Sealing, (await _world.Session.GetAsync()).Status);
        _world.Recorders.BringBack(back);
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((back, null), (view.Recorder, view.Waiting));
    });

    [Fact]
    public Task Move_WhileItIsSealed_LetsTheHeirSeal() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        TakeAway(First, Second, Third);
        await _world.StopAsync();
        _world.Recorders.BringBack(Third);
        Assert.Equal((SessionStatus.Sealing, Third), StatusOf(await _world.Session.MoveAsync(First)));
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public Task Admit_WithNobodyThere_IsRefusedNamingAll_AndWorksOnceTheRecorderIsBack() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        var died = Now;
        TakeAway(First, Second, Third);
        // Whoever tries is not silent: the idle limit passes several times.
        for (var i = 0; i < 10; i++)
        {
            await _world.DelayAsync(10);
            var refused = await Assert.ThrowsAsync<GrainUnreachableException>(() => i % 2 == 0 ? _world.RecordAsync(1) : _world.Session.MoveAsync(First));
            Assert.Contains(First, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{Second}: ", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{Third}: ", refused.Message, StringComparison.Ordinal);
        }
        _world.Recorders.BringBack();
        _world.Vault.LastDown = new DownTime(died, Now);
        await _world.DelayAsync(1);
        await _world.RecordAsync(1);
        await _world.StopAsync();
        Assert.Equal([(0L, 10_000L, "chunk"), (110_000, 111_000, "chunk"), (10_000, 110_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public Task Activation_WithTheRecorderAway_ServesTheSession() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        TakeAway(First);
        await _world.ForgetAsync();
        Assert.Equal(First, (await _world.Session.GetAsync()).Recorder);
        await _world.RecordAsync(1, recorder: Second);
        Assert.Equal(Second, (await _world.Session.GetAsync()).Recorder);
    });

    [Fact]
    public Task Move_ToAnHeirThatCannot_PassesItOver() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        _world.Recorders[Second].Commitment = Hash256.Of("another key"u8);
        Assert.Equal(Third, (await _world.Session.MoveAsync(First)).Recorder);
        _world.Vault.HasRoom = false;
        var refused = await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.Session.MoveAsync(Third));
        Assert.Contains("node-2 answers for another key", refused.Message, StringComparison.Ordinal);
        Assert.Contains("node-1: Recorder node-1 has no room", refused.Message, StringComparison.Ordinal);
        _world.Recorders[Second].Commitment = Hash256.Of("commitment"u8);
        _world.Recorders[Second].Erasures[_world.Id] = 1;
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.Session.MoveAsync(Third));
        Assert.Equal(Third, (await _world.Session.GetAsync()).Recorder);
    });

    [Fact]
    public Task TwoRecorders_OnOneIndex_BothAnswerForTheFirst() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        var first = await _world.Session.AdmitAsync(new AdmitChunk(0, 1, 0, null));
        await _world.DelayAsync(2);
        await _world.Session.MoveAsync(First);
        var second = await _world.Session.AdmitAsync(new AdmitChunk(0, 1, 0, null));
        var kept = await _world.StoreAsync(0, second.Times, recorder: Second);
        var late = await _world.StoreAsync(0, first.Times, recorder: First);
        Assert.Equal((Second, "receipt of node-2"), (kept.Recorder, kept.Receipt));
        Assert.Equal((kept.Recorder, kept.Receipt), (late.Recorder, late.Receipt));
        await _world.Session.CountAsync(new CountChunk(0, 1, late.Leaf));
        await _world.Session.CountAsync(new CountChunk(0, 1, kept.Leaf));
        Assert.Equal(1, (await _world.Session.GetAsync()).ChunkCount);
    });

    [Fact]
    public Task Resume_OfAnInterruptedSessionWhoseRecorderIsAway_ContinuesAtAnHeir() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.UntilAsync(SessionStatus.Anchored);
        TakeAway(First, Second);
        var next = _world.NextId;
        var continued = await _world.Session.ResumeAsync(new ResumeSession(next));
        Assert.Equal((next, Third), (continued.SessionId, continued.Recorder));
        _world.Recorders.BringBack();
        Assert.Equal((next, Third), (continued.SessionId, (await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet))).Recorder));

        // The others may have made its key before their answers were lost, so it is erased there, too.
        var session = _world.As(SessionWorld.Owner, next);
        await session.StopAsync(new StopSession(1, AcceptGaps: false));
        while ((await session.GetAsync()).Status != SessionStatus.Anchored)
            await _world.DelayAsync(1);
        Assert.Equal(SessionStatus.Erased, (await session.EraseAsync()).Status);
        Assert.All((string[])[First, Second, Third], name => Assert.Contains(next, _world.Recorders[name].Erasures));
    });

    [Fact]
    public Task Create_WithTheRecorderAway_CreatesNothing() => _world.RunAsync(async () =>
    {
        TakeAway(First);
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.CreateAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.GetAsync());
    });

    /// <summary>What a version that knew of one recorder only has stored.</summary>
    [Fact]
    public Task OldState_HasOnlyItsRecorder_AndGoesOnAsBefore() => _world.RunAsync(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.RewriteAsync(state =>
        {
            foreach (var name in (string[])["key_holders", "latest_block", "not_before_ms", "anchor_transaction", "erasure_transaction"])
                Assert.True(state.Remove(name), name);
            foreach (var name in (string[])["ledger", "heirs"])
                Assert.True(state["opened"]!.AsObject().Remove(name), name);
        });
        TakeAway(First);
        var refused = await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.RecordAsync(1));
        Assert.Contains("no other recorder has the session's key", refused.Message, StringComparison.Ordinal);
        var stopped = await _world.StopAsync();
        Assert.Equal(
            "recorder node-1, which has the session's key, cannot be reached; no other recorder has the session's key", await SealingForAsync(stopped));
        _world.Recorders.BringBack();
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal(SessionStatus.Erased, (await _world.Session.EraseAsync()).Status);
        Assert.Equal([First, First], _world.LedgerNodes);
    });

    private DateTimeOffset Now => _world.Now;

    private void TakeAway(params string[] nodes) => _world.Recorders.TakeAway(nodes);

    private async Task<string?> SealingForAsync(SessionView view)
    {
        Assert.Equal(SessionStatus.Sealing, view.Status);
        return (await _world.Session.GetAsync()).Waiting;
    }

    private static (SessionStatus Status, string Recorder) StatusOf(SessionView view) => (view.Status, view.Recorder);

    private async Task<List<(long StartMs, long EndMs, string What)>> PartsAsync() =>
        [.. (await _world.LeavesAsync()).Select(leaf => (leaf.StartMs, leaf.EndMs, leaf is GapLeaf gap ? gap.Cause.ToString() : "chunk"))];
}
