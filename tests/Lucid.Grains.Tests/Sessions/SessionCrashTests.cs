using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;

namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionCrashTests
{
    private readonly SimulatedSessionWorld _world = new();

    [Fact]
    public void Crash_WhileRecording_KeepsWhatWasCounted_AndNamesTheOutage()
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync();
            await _world.DelayAsync(10);
            await _world.RecordAsync(0);
            await _world.RecordAsync(2);
        });
        _world.Crash(TimeSpan.FromSeconds(50));
        _world.Run(async () =>
        {
            var view = await _world.Session.GetAsync();
            Assert.Equal(1ul, view.NextIndex);
            Assert.Equal([2ul], view.CountedAhead);
            await _world.DelayAsync(1);
            await _world.RecordAsync(1);
            await _world.StopAsync();
            var gap = (GapLeaf)(await _world.LeavesAsync())[3];
            Assert.Equal((GapCause.NodeDown, 10_000L, 60_000L), (gap.Cause, gap.StartMs, gap.EndMs));
            Assert.Equal((60_000L, 61_000L), ((await _world.LeavesAsync())[1].StartMs, (await _world.LeavesAsync())[1].EndMs));
        });
    }

    /// <summary>
    /// A node that dies before every session was told of the last outage says at its next start that it was down since the first.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Crash_BeforeEverySessionWasToldOfTheLast_LosesNoSecondAndNamesNoneTwice(bool told, bool records)
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync(idle: TimeSpan.FromHours(1));
            await _world.DelayAsync(10);
            await _world.RecordAsync(0);
        });
        var lastSeen = _world.Now;
        // Back before its reminder wakes the session.
        _world.Crash(TimeSpan.FromSeconds(45));
        _world.Run(async () =>
        {
            if (!told)
                return;
            await _world.Session.GetAsync();
            await _world.DelayAsync(4);
            if (records)
                await _world.RecordAsync(1);
        });
        _world.Crash(TimeSpan.FromSeconds(told ? 41 : 45), lastSeen);
        _world.Run(async () =>
        {
            await _world.DelayAsync(5);
            var next = records ? 2ul : 1ul;
            await _world.RecordAsync(next);
            await _world.StopAsync();
            var leaves = (await _world.LeavesAsync()).OrderBy(leaf => leaf.StartMs).ToList();
            // Every millisecond from the beginning to the end is in exactly one leaf.
            Assert.Equal(0, leaves[0].StartMs);
            Assert.All(leaves.Zip(leaves.Skip(1)), pair => Assert.Equal(pair.First.EndMs, pair.Second.StartMs));
            Assert.Equal(105_000, leaves[^1].EndMs);
            // Without a chunk nobody can say that the node was there in between.
            (long, long)[] missing = (told, records) switch
            {
                (true, true) => [(10_000, 55_000), (59_000, 100_000)],
                (true, false) => [(10_000, 55_000), (55_000, 100_000)],
                _ => [(10_000, 100_000)],
            };
            Assert.Equal(missing, leaves.OfType<GapLeaf>().Select(gap => (gap.StartMs, gap.EndMs)));
        });
    }

    [Fact]
    public void Crash_WhoseSecondsAreDeliveredLater_LeavesNoGap()
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync();
            await _world.DelayAsync(10);
            await _world.RecordAsync(0, times: new ChunkTimes(0, 10_000));
        });
        _world.Crash(TimeSpan.FromSeconds(50));
        _world.Run(async () =>
        {
            await _world.RecordAsync(1, times: new ChunkTimes(10_000, 40_000));
            await _world.StopAsync();
            Assert.Equal(new GapLeaf(_world.Id, 2, 0, 40_000, 60_000, GapCause.NodeDown), (await _world.LeavesAsync())[2]);
        });
    }

    [Fact]
    public void Crash_DoesNotCountAsIdleTime()
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync(idle: TimeSpan.FromSeconds(20));
            await _world.RecordAsync(0);
        });
        _world.Crash(TimeSpan.FromHours(5));
        _world.Run(async () =>
        {
            await _world.DelayAsync(10);
            Assert.Equal(SessionStatus.Recording, (await _world.Session.GetAsync()).Status);
        });
    }

    [Fact]
    public void Crash_BeforeTheAnchor_IsFinishedByTheReminderAlone()
    {
        _world.Ledger.Open = false;
        _world.Run(async () =>
        {
            await _world.CreateAsync();
            await _world.StopAsync();
        });
        _world.Ledger.Forget(_world.Id);
        _world.Ledger.Open = true;
        _world.Crash(TimeSpan.FromSeconds(30));
        _world.Run(() => _world.DelayAsync(150));
        Assert.Equal(SessionStatus.Anchored, _world.Directory.Rows[_world.Id].Status);
    }

    [Fact]
    public void Crash_AfterASnapshot_FoldsInOnlyWhatCameAfter()
    {
        _world.Run(async () =>
        {
            await _world.CreateAsync();
            for (ulong i = 0; i < 600; i++)
                await _world.RecordAsync(i, times: new ChunkTimes((long)i, (long)i + 1));
        });
        var before = _world.Run(() => _world.Session.GetAsync());
        _world.Crash(TimeSpan.FromSeconds(1));
        var after = _world.Run(() => _world.Session.GetAsync());
        Assert.Equal((before.MerkleRoot, before.NextIndex, before.SizeBytes), (after.MerkleRoot, after.NextIndex, after.SizeBytes));
    }
}

public sealed class TimelineTests
{
    [Fact]
    public void Cover_InTheMiddleOfAnOutage_SplitsIt() =>
        Assert.Equal(
            [new TimeGap(0, 10, GapCause.NodeDown), new TimeGap(20, 30, GapCause.NodeDown)],
            Timeline.Cover([new TimeGap(0, 30, GapCause.NodeDown)], new ChunkTimes(10, 20), 10));

    [Fact]
    public void Cover_APause_ChangesNothing() =>
        Assert.Equal(
            [new TimeGap(0, 30, GapCause.Paused)], Timeline.Cover([new TimeGap(0, 30, GapCause.Paused)], new ChunkTimes(0, 30), 10));

    [Fact]
    public void Cover_TheWholeOutage_LeavesNothing() =>
        Assert.Empty(Timeline.Cover([new TimeGap(5, 30, GapCause.NodeDown)], new ChunkTimes(0, 30), 10));

    [Fact]
    public void Cover_BeyondTheMostGaps_LeavesTheOutageWhole() =>
        Assert.Equal([new TimeGap(0, 30, GapCause.NodeDown)], Timeline.Cover([new TimeGap(0, 30, GapCause.NodeDown)], new ChunkTimes(10, 20), 1));

    [Fact]
    public void Beyond_KnownGaps_AddsOnlyWhatTheyDoNotCover() =>
        Assert.Equal(
            [new TimeGap(0, 10, GapCause.RecorderCrash), new TimeGap(20, 30, GapCause.RecorderCrash), new TimeGap(45, 50, GapCause.RecorderCrash)],
            Timeline.Beyond(
                [new TimeGap(30, 45, GapCause.Paused), new TimeGap(10, 20, GapCause.NodeDown), new TimeGap(35, 40, GapCause.Paused)],
                new TimeGap(0, 50, GapCause.RecorderCrash)));
}
