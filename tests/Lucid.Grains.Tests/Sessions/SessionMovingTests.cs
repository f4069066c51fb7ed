using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>Sessions whose recorder cannot be reached go on at another one that has their key.</summary>
public sealed class SessionMovingTests
{
    private const string First = SessionWorld.Node;
    private const string Second = "node-2";
    private const string Third = "node-3";
    private readonly SessionWorld _world = new();

    public SessionMovingTests() => _world.GiveHeirs(Second, Third);

    [Fact]
    public void Move_ForAGateway_GoesOnAtTheFirstHeir_UnderTheSameLease() => _world.Run(async () =>
    {
        var created = await _world.CreateAsync();
        await _world.RecordAsync(0);
        Assert.Equal((First, Second), (created.Recorder, (await _world.Session.MoveAsync(First)).Recorder));
        // The other gateways that could not reach it come later.
        Assert.Equal(Second, (await _world.Session.MoveAsync(First)).Recorder);
        await _world.RecordAsync(1, lease: 1, recorder: Second);
        Assert.Equal((1L, Second), ((await _world.CreateAsync()).Lease!.Value, _world.Directory.Rows[_world.Id].Recorder));
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        await _world.UntilAsync(SessionStatus.Anchored);
        var signed = await _world.Session.ManifestAsync();
        var manifest = Manifest.Parse(signed.Manifest);
        Assert.Equal((Second, _world.Recorders[Second].Key.PublicKey), (manifest.Recorder.Name, manifest.Recorder.Key));
        Assert.Equal(signed.Manifest, _world.Recorders[Second].Manifests[_world.Id]);
        Assert.Equal([Second], _world.Ledger.Nodes);
    });

    [Fact]
    public void Move_RoundAndRound_ComesToEveryRecorderThatHasTheKey() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        Assert.Equal(Second, (await _world.Session.MoveAsync(First)).Recorder);
        Assert.Equal(Third, (await _world.Session.MoveAsync(Second)).Recorder);
        Assert.Equal(First, (await _world.Session.MoveAsync(Third)).Recorder);
    });

    [Fact]
    public void Move_OnceTheManifestIsSigned_ChangesNothing() => _world.Run(async () =>
    {
        _world.Ledger.Open = false;
        await _world.CreateAsync();
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal((SessionStatus.Anchoring, First), StatusOf(await _world.Session.MoveAsync(First)));
        _world.Ledger.Open = true;
        await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((SessionStatus.Anchored, First), StatusOf(await _world.Session.MoveAsync(First)));
    });

    [Fact]
    public void Move_OfASessionThatNeverWas_SaysSo() => _world.Run(async () =>
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.MoveAsync(First)));

    [Fact]
    public void Admit_WithTheRecorderAway_Moves_AndClaimsNoSecondInWhichNobodyRecorded() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.DelayAsync(4);
        // In the recorder's hands when it dies.
        await _world.Session.AdmitAsync(new AdmitChunk(1, 1, 0, null));
        _world.Recorders.Away.Add(First);
        await _world.DelayAsync(6);
        await _world.RecordAsync(1, recorder: Second);
        await _world.DelayAsync(3);
        await _world.RecordAsync(2, recorder: Second);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (20_000, 20_000, "chunk"), (20_000, 23_000, "chunk"), (10_000, 20_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public void Admit_AfterAMoveThatAnotherActivationMade_ClaimsNoSecondInWhichNobodyRecorded() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        await _world.DelayAsync(10);
        await _world.Session.MoveAsync(First);
        await _world.Engine.StopAsync(CancellationToken.None);
        await _world.RestartAsync();
        await _world.DelayAsync(1);
        await _world.RecordAsync(1, recorder: Second);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal([(0L, 10_000L, "chunk"), (20_000, 21_000, "chunk"), (10_000, 20_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public void Move_WhoseSecondsAreDeliveredLater_LeavesNoGap() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0, times: new ChunkTimes(0, 10_000));
        _world.Recorders.Away.Add(First);
        await _world.DelayAsync(10);
        await _world.RecordAsync(1, times: new ChunkTimes(10_000, 15_000), recorder: Second);
        await _world.RecordAsync(2, times: new ChunkTimes(15_000, 20_000), recorder: Second);
        var view = await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal((3L, 0L), (view.ChunkCount, view.GapCount));
    });

    [Fact]
    public void Move_ThereAndBack_ClaimsEachOutageOnce() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        var died = Now;
        _world.Recorders.Away.Add(First);
        // The heir was away itself before it took over, and that is none of the session's.
        _world.Recorders[Second].LastDown = new DownTime(Now - TimeSpan.FromSeconds(8), Now - TimeSpan.FromSeconds(1));
        await _world.DelayAsync(2);
        await _world.RecordAsync(1, recorder: Second);
        await _world.DelayAsync(8);
        await _world.RecordAsync(2, recorder: Second);
        _world.Recorders.Away.Remove(First);
        _world.Vault.LastDown = new DownTime(died, Now);
        await _world.DelayAsync(10);
        await _world.RecordAsync(3, recorder: Second);
        await _world.Session.MoveAsync(Second);
        await _world.Session.MoveAsync(Third);
        await _world.DelayAsync(5);
        await _world.RecordAsync(4);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (12_000, 12_000, "chunk"), (12_000, 20_000, "chunk"), (20_000, 30_000, "chunk"), (30_000, 35_000, "chunk"), (10_000, 12_000, "NodeDown")],
            await PartsAsync());
    });

    [Fact]
    public void Move_WhilePaused_AddsNothingToThePause() => _world.Run(async () =>
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
        await _world.Session.StopAsync(new StopSession(2, AcceptGaps: false));
        Assert.Equal([(0L, 10_000L, "chunk"), (30_000, 31_000, "chunk"), (10_000, 30_000, "Paused")], await PartsAsync());
    });

    [Fact]
    public void Outage_WhileTheSessionStaysInMemory_BecomesAGap_Once() => _world.Run(async () =>
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
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal(
            [(0L, 10_000L, "chunk"), (30_000, 35_000, "chunk"), (35_000, 40_000, "chunk"), (13_000, 30_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public void Outage_OfARecorderThatIsNotReadyYet_GrowsUntilItIs() => _world.Run(async () =>
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
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        var parts = await PartsAsync();
        Assert.Equal((13_000L, 14_000L, "chunk"), parts[1]);
        Assert.Equal([(10_000L, 11_000L, "NodeDown"), (11_000, 12_000, "NodeDown"), (12_000, 13_000, "NodeDown")], parts[2..]);
    });

    [Fact]
    public void Stop_WithTheRecorderAway_IsSealedByAnHeir() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.DelayAsync(10);
        await _world.RecordAsync(0);
        _world.Recorders.Away.Add(First);
        var stopped = await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal((SessionStatus.Anchored, Second), StatusOf(await _world.UntilAsync(SessionStatus.Anchored)));
        Assert.Equal((Second, 0L), (stopped.Recorder, stopped.GapCount));
        Assert.Equal(Second, Manifest.Parse((await _world.Session.ManifestAsync()).Manifest).Recorder.Name);
    });

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public void Stop_WithNobodyThere_Waits_SaysForWhom_AndIsFinishedOnceOneIsBack(string back) => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        TakeAway(First, Second, Third);
        var stopped = await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal((SessionStatus.Sealing, First), StatusOf(stopped));
        Assert.StartsWith("recorder node-1, which has the session's key, cannot be reached; ", stopped.Waiting, StringComparison.Ordinal);
        Assert.Contains($"{Second}: ", stopped.Waiting, StringComparison.Ordinal);
        Assert.Contains($"{Third}: ", stopped.Waiting, StringComparison.Ordinal);
        await _world.DelayAsync(300);
        Assert.Equal(SessionStatus.Sealing, (await _world.Session.GetAsync()).Status);
        _world.Recorders.Away.Remove(back);
        var view = await _world.UntilAsync(SessionStatus.Anchored);
        Assert.Equal((back, null), (view.Recorder, view.Waiting));
    });

    [Fact]
    public void Move_WhileItIsSealed_LetsTheHeirSeal() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        TakeAway(First, Second, Third);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        _world.Recorders.Away.Remove(Third);
        Assert.Equal((SessionStatus.Sealing, Third), StatusOf(await _world.Session.MoveAsync(First)));
        await _world.UntilAsync(SessionStatus.Anchored);
    });

    [Fact]
    public void Admit_WithNobodyThere_IsRefusedNamingAll_AndWorksOnceTheRecorderIsBack() => _world.Run(async () =>
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
        _world.Recorders.Away.Clear();
        _world.Vault.LastDown = new DownTime(died, Now);
        await _world.DelayAsync(1);
        await _world.RecordAsync(1);
        await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
        Assert.Equal([(0L, 10_000L, "chunk"), (110_000, 111_000, "chunk"), (10_000, 110_000, "NodeDown")], await PartsAsync());
    });

    [Fact]
    public void Activation_WithTheRecorderAway_ServesTheSession() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        await _world.RecordAsync(0);
        await _world.Engine.StopAsync(CancellationToken.None);
        TakeAway(First);
        await _world.RestartAsync();
        Assert.Equal(First, (await _world.Session.GetAsync()).Recorder);
        await _world.RecordAsync(1, recorder: Second);
        Assert.Equal(Second, (await _world.Session.GetAsync()).Recorder);
    });

    [Fact]
    public void Move_ToAnHeirThatCannot_PassesItOver() => _world.Run(async () =>
    {
        await _world.CreateAsync();
        _world.Recorders[Second].Commitment = Hash256.Of("another key"u8);
        Assert.Equal(Third, (await _world.Session.MoveAsync(First)).Recorder);
        _world.Vault.HasRoom = false;
        var refused = await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.Session.MoveAsync(Third));
        Assert.Contains("node-2 answers for another key", refused.Message, StringComparison.Ordinal);
        Assert.Contains("node-1: Recorder node-1 has no room", refused.Message, StringComparison.Ordinal);
        _world.Recorders[Second].Commitment = Hash256.Of("commitment"u8);
        _world.Recorders[Second].Erased.Add(_world.Id);
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.Session.MoveAsync(Third));
        Assert.Equal(Third, (await _world.Session.GetAsync()).Recorder);
    });

    [Fact]
    public void TwoRecorders_OnOneIndex_BothAnswerForTheFirst() => _world.Run(async () =>
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
    public void Resume_OfAnInterruptedSessionWhoseRecorderIsAway_ContinuesAtAnHeir() => _world.Run(async () =>
    {
        await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
        await _world.UntilAsync(SessionStatus.Anchored);
        TakeAway(First, Second);
        var next = Guid.Parse("0190b2f0-0000-7000-8000-000000000002");
        var continued = await _world.Session.ResumeAsync(new ResumeSession(next));
        Assert.Equal((next, Third), (continued.SessionId, continued.Recorder));
        _world.Recorders.Away.Clear();
        Assert.Equal((next, Third), (continued.SessionId, (await _world.Session.ResumeAsync(new ResumeSession(Guid.AllBitsSet))).Recorder));

        // The others may have made its key before their answers were lost, so it is erased there, too.
        var session = _world.Engine.Get<ISessionGrain>(next.ToString("D"));
        await session.StopAsync(new StopSession(1, AcceptGaps: false));
        while ((await session.GetAsync()).Status != SessionStatus.Anchored)
            await _world.DelayAsync(1);
        Assert.Equal(SessionStatus.Erased, (await session.EraseAsync()).Status);
        Assert.All((string[])[First, Second, Third], name => Assert.Contains(next, _world.Recorders[name].Erased));
    });

    [Fact]
    public void Create_WithTheRecorderAway_CreatesNothing() => _world.Run(async () =>
    {
        TakeAway(First);
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.CreateAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _world.Session.GetAsync());
    });

    /// <summary>What a version that knew of one recorder only has stored.</summary>
    [Fact]
    public void OldState_HasOnlyItsRecorder_AndGoesOnAsBefore()
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync();
            await _world.DelayAsync(10);
            await _world.RecordAsync(0);
        });
        _world.Rewrite(state =>
        {
            foreach (var name in (string[])["key_holders", "latest_block", "not_before_ms", "anchor_transaction", "erasure_transaction"])
                Assert.True(state.Remove(name), name);
            foreach (var name in (string[])["ledger", "heirs"])
                Assert.True(state["opened"]!.AsObject().Remove(name), name);
        });
        _world.Run(async () =>
        {
            TakeAway(First);
            var refused = await Assert.ThrowsAsync<GrainUnreachableException>(() => _world.RecordAsync(1));
            Assert.Contains("no other recorder has the session's key", refused.Message, StringComparison.Ordinal);
            var stopped = await _world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
            Assert.Equal(
                "recorder node-1, which has the session's key, cannot be reached; no other recorder has the session's key", await SealingForAsync(stopped));
            _world.Recorders.Away.Clear();
            await _world.UntilAsync(SessionStatus.Anchored);
            Assert.Equal(SessionStatus.Erased, (await _world.Session.EraseAsync()).Status);
            Assert.Equal([First, First], _world.Ledger.Nodes);
        });
    }

    /// <summary>Nodes come and go while ten chunks are recorded, and each is in the tree once.</summary>
    [Fact]
    public void Everything_WithLostRepeatedAndShuffledDeliveries_EndsTheSame()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var world = new SessionWorld(seed, new EngineTestMode { Seed = seed, Lost = 0.3, Repeated = 0.3 });
            var random = new Random(seed);
            string[] nodes = [First, Second, Third];
            world.GiveHeirs(Second, Third);
            world.LedgerIsAt(nodes[seed % 3]);
            world.Run(async () =>
            {
                await world.CreateAsync(idle: TimeSpan.FromHours(1));
                var weather = WeatherAsync();
                await Task.WhenAll(Enumerable.Range(0, 10).Select(i => UntilRecordedAsync((ulong)i)));
                await world.Session.StopAsync(new StopSession(1, AcceptGaps: false));
                await weather;
                world.Recorders.Away.Clear();
                var view = await world.UntilAsync(SessionStatus.Anchored);
                Assert.Equal((10L, 0L), (view.ChunkCount, view.GapCount));
                Assert.Equal(view.Recorder, Manifest.Parse((await world.Session.ManifestAsync()).Manifest).Recorder.Name);
                Assert.Single(world.Ledger.Entries);
            });

            async Task WeatherAsync()
            {
                for (var i = 0; i < 20; i++)
                {
                    world.Recorders.Away.Clear();
                    foreach (var node in nodes.Where(_ => random.Next(2) == 0))
                        world.Recorders.Away.Add(node);
                    await world.DelayAsync(random.Next(1, 4));
                }
            }

            async Task UntilRecordedAsync(ulong index)
            {
                for (var tried = 0; ; tried++)
                {
                    var recorder = nodes[random.Next(3)];
                    try
                    {
                        await world.DelayAsync(random.Next(1, 20) / 10.0);
                        // The first try of half of them dies between its disk and its session.
                        if (tried == 0 && index % 2 == 0)
                            await world.StoreAsync(index, new ChunkTimes((long)index * 10_000, (long)(index + 1) * 10_000), recorder: recorder);
                        else
                            await world.RecordAsync(index, times: new ChunkTimes((long)index * 10_000, (long)(index + 1) * 10_000), recorder: recorder);
                        if (tried > 0 || index % 2 == 1)
                            return;
                    }
                    catch (GrainUnreachableException)
                    {
                    }
                }
            }
        }
    }

    private DateTimeOffset Now => _world.Simulation.Clock.GetUtcNow();

    private void TakeAway(params string[] nodes) => _world.Recorders.Away.UnionWith(nodes);

    private async Task<string?> SealingForAsync(SessionView view)
    {
        Assert.Equal(SessionStatus.Sealing, view.Status);
        return (await _world.Session.GetAsync()).Waiting;
    }

    private static (SessionStatus Status, string Recorder) StatusOf(SessionView view) => (view.Status, view.Recorder);

    private async Task<List<(long StartMs, long EndMs, string What)>> PartsAsync() =>
        [.. (await _world.LeavesAsync()).Select(leaf => (leaf.StartMs, leaf.EndMs, leaf is GapLeaf gap ? gap.Cause.ToString() : "chunk"))];
}
