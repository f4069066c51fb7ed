using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain;

namespace Lucid.Grains.Tests.Chain;

public sealed class ChainCrashTests
{
    // What one block with entries writes, in this order.
    private static readonly string[] _writes = ["candidate", "vote", "vote", "vote", "block", "log", "index", "checkpoint"];

    public static TheoryData<int, bool> EveryWrite() =>
        [.. from write in Enumerable.Range(1, _writes.Length) from arrives in (bool[])[false, true] select (write, arrives)];

    [Fact]
    public void Block_WritesWhatMustBeDurableBeforeWhatFollowsFromIt()
    {
        var world = WithOneBlock();
        world.Disk.Writes.Clear();
        world.Run(() => world.UntilAsync(2));
        Assert.Equal(_writes, world.Disk.Writes);
    }

    [Theory]
    [MemberData(nameof(EveryWrite))]
    public void Crash_AtAnyWrite_LeavesOneBlockAHeight_AndTheChainGoesOn(int write, bool arrives)
    {
        var world = WithOneBlock();
        (world.Disk.DiesAfter, world.Disk.LastWriteArrives) = (write, arrives);
        world.Run(async () =>
        {
            while (!world.Disk.IsDead)
                await world.DelayAsync(0.1);
        });
        var final = write > 5 || (write == 5 && arrives) ? world.Disk.Blocks.At(2).Header.Id() : default(Hash256?);
        world.Crash(TimeSpan.FromSeconds(3));
        world.Run(async () =>
        {
            await world.UntilAsync(2);
            // The pool was lost: whoever submits keeps submitting.
            await world.SubmitAsync(world.Anchor(1));
            await world.UntilAsync(4);
            world.CheckReceipt(world.Anchor(1), await world.Log.ReceiptAsync(EntryPool.KeyOf(Sample.Entry(1, world.Recorder))));
        });
        Assert.Equal(1ul, world.Disk.Log.Size);
        if (final is { } id)
            Assert.Equal(id, world.Disk.Blocks.At(2).Header.Id());
        world.CheckLedger();
    }

    [Fact]
    public void Start_AfterTheLastBlockWasCutAway_DecidesTheSameBlockAgain()
    {
        var world = WithOneBlock();
        world.Run(() => world.UntilAsync(3));
        var lost = world.Disk.Blocks.At(3).Header.Id();
        world.Crash(TimeSpan.FromSeconds(3));
        world.Disk.Blocks.CutLast();
        world.Disk.LoseIndex();
        world.Crash(TimeSpan.FromSeconds(3));
        world.Run(() => world.UntilAsync(5));
        Assert.Equal(lost, world.Disk.Blocks.At(3).Header.Id());
        world.CheckLedger();
    }

    [Theory]
    [MemberData(nameof(EveryWrite))]
    public void Crash_AtAnyWrite_WithTheClockThenSetBack_GoesOnToo(int write, bool arrives)
    {
        // By more than a block's time may lie ahead of a validator's clock.
        var world = WithOneBlock(TimeSpan.FromMinutes(2));
        (world.Disk.DiesAfter, world.Disk.LastWriteArrives) = (write, arrives);
        world.Run(async () =>
        {
            while (!world.Disk.IsDead)
                await world.DelayAsync(0.1);
        });
        var height = world.Disk.Blocks.Height;
        world.CrashAndSetClockBack();
        world.Run(() => world.UntilAsync(height + 3));
        world.CheckLedger();
    }

    [Theory]
    [InlineData("candidate")]
    [InlineData("vote")]
    [InlineData("block")]
    [InlineData("log")]
    [InlineData("index")]
    [InlineData("checkpoint")]
    public void Disk_ThatRefusesForAWhile_StallsTheChain_WhichThenGoesOn(string what)
    {
        var world = WithOneBlock();
        world.Disk.Refuses = write => write == what;
        world.Run(() => world.DelayAsync(300));
        Assert.InRange(world.Disk.Blocks.Height, 1ul, 2ul);
        world.Disk.Refuses = _ => false;
        world.Run(() => world.DelayAsync(100));
        Assert.InRange(world.Disk.Blocks.Height, 4ul, 12ul);
        world.CheckLedger();
    }

    [Fact]
    public void Start_WithLogAndIndexLostOrWrong_MakesThemAgainFromTheBlocks()
    {
        foreach (var harm in (Action<MemoryLedger>[])
            [disk => disk.Log.Cut(3), disk => disk.LoseLog(), disk => disk.Log.Damage(1), disk => disk.LoseIndex(), disk => { disk.Log.Cut(4); disk.Log.Damage(2); }])
        {
            var world = WithLog();
            harm(world.Disk);
            world.Crash(TimeSpan.FromSeconds(1));
            world.Run(async () => await world.UntilAsync((await world.Chain.LatestAsync()).Height + 1));
            Assert.Equal(6ul, world.Disk.Log.Size);
            world.CheckLedger();
        }
    }

    [Fact]
    public void Start_WithALogThatIsAhead_CutsItBack()
    {
        var world = WithLog();
        world.Run(() => world.Disk.Log.AppendAsync([world.Anchor(99).Encode()], CancellationToken.None));
        world.Crash(TimeSpan.FromSeconds(1));
        world.Run(() => world.Chain.LatestAsync());
        Assert.Equal(6ul, world.Disk.Log.Size);
    }

    private static ChainWorld WithOneBlock(TimeSpan? after = null)
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            if (after is { } time)
                await Task.Delay(time, world.Simulation.Clock);
            await world.SubmitAsync(world.Anchor(1));
        });
        return world;
    }

    /// <summary>A chain with entries in some blocks and none in others.</summary>
    private static ChainWorld WithLog()
    {
        var world = new ChainWorld(new LedgerParameters { MaxBlockEntries = 2 });
        world.Run(async () =>
        {
            await world.UntilAsync(2);
            for (var i = 0; i < 5; i++)
                await world.SubmitAsync(world.Anchor(i));
            await world.UntilAsync(6);
            await world.SubmitAsync(world.Anchor(5));
            await world.UntilAsync(8);
        });
        return world;
    }
}
