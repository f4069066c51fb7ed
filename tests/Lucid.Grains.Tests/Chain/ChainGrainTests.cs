using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Chain;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain;

public sealed class ChainGrainTests
{
    private static readonly LedgerParameters _small = new() { MaxBatchEntries = 2, MaxBlockEntries = 5 };

    [Fact]
    public void Start_MakesTheFirstBlockAtOnce_AndOneEachInterval_AlsoEmpty()
    {
        var world = new ChainWorld();
        var start = world.Simulation.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.DelayAsync(35);
        });
        Assert.Equal([start, start + 10_000, start + 20_000, start + 30_000], Times(world));
        world.CheckLedger();
    }

    [Fact]
    public void Blocks_GoOn_WithNobodyCalling()
    {
        var world = new ChainWorld();
        // Longer than a grain stays in memory without a call.
        world.Run(() => world.DelayAsync(1205));
        Assert.Equal(121ul, world.Disk.Blocks.Height);
    }

    [Fact]
    public void Outage_IsFollowedByOneBlockAtOnce_AndNoneToCatchUp()
    {
        var world = new ChainWorld();
        world.Run(() => world.DelayAsync(15));
        world.Crash(TimeSpan.FromSeconds(1000));
        var back = world.Simulation.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        world.Run(async () =>
        {
            await world.UntilAsync(3);
            await world.DelayAsync(15);
        });
        Assert.Equal([back, back + 10_000], Times(world)[2..]);
        world.CheckLedger();
    }

    [Fact]
    public void Outage_WithNobodyCalling_EndsWithTheReminder()
    {
        var world = new ChainWorld();
        world.Crash(TimeSpan.FromSeconds(100));
        world.Run(() => world.DelayAsync(65));
        Assert.True(world.Disk.Blocks.Height > 2);
    }

    [Fact]
    public void Clock_ThatGoesBack_NeitherStopsTheChainNorTurnsItsTime()
    {
        var world = new ChainWorld();
        world.Run(() => world.DelayAsync(300));
        var before = Times(world);
        world.CrashAndSetClockBack();
        world.Run(() => world.DelayAsync(35));
        Assert.Equal([before[^1] + 1, before[^1] + 2, before[^1] + 3], Times(world)[before.Length..]);
        world.CheckLedger();
    }

    [Fact]
    public void Entries_AreInTheNextBlock_InTheOrderTheyCame_AndTheirReceiptsVerify()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            LogEntry[] entries = [world.Anchor(1), world.Anchor(2), new Erasure(Sample.Session(1), world.Recorder.PublicKey, Hash256.Zero, 5)];
            foreach (var entry in entries)
                Assert.Equal(new EntryStatus(EntryState.Pending, null, null), await world.SubmitAsync(entry));
            Assert.Null(await world.Log.ReceiptAsync(KeyOf(entries[0])));
            Assert.Equal(3, (await world.Chain.StatusAsync()).Pending);
            await world.UntilAsync(2);
            for (var i = 0; i < entries.Length; i++)
            {
                Assert.Equal(new EntryStatus(EntryState.Published, (ulong)i, 2), await world.Log.StatusAsync(KeyOf(entries[i])));
                var receipt = await world.Log.ReceiptAsync(KeyOf(entries[i]));
                Assert.Equal((2ul, 3ul), (world.CheckReceipt(entries[i], receipt).Height, receipt!.Index + 3 - (ulong)i));
            }
            var status = await world.Chain.StatusAsync();
            Assert.Equal(("healthy", 0, 3ul), (status.Status, status.Pending, status.PublishedSize));
            var info = await world.Chain.InfoAsync();
            Assert.Equal((2ul, 1ul, 1ul, "node-0"), (info.Anchors, info.Erasures, info.Transactions, info.Validator));
        });
        world.CheckLedger();
    }

    [Fact]
    public void Receipts_OfOneBlock_ReadItOnce()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            for (var i = 0; i < 50; i++)
                await world.SubmitAsync(world.Anchor(i));
            await world.UntilAsync(2);
            var before = world.Disk.Blocks.Reads;
            for (var i = 0; i < 50; i++)
                world.CheckReceipt(world.Anchor(i), await world.Log.ReceiptAsync(KeyOf(world.Anchor(i))));
            Assert.Equal(1, world.Disk.Blocks.Reads - before);
        });
    }

    [Fact]
    public void Renew_GivesTheNewestCheckpoint_AndTheReceiptKeepsItsFirst()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            foreach (var number in (int[])[1, 2])
            {
                await world.SubmitAsync(world.Anchor(number));
                await world.UntilAsync((await world.Chain.LatestAsync()).Height + 2);
            }
            var (key, entry) = (KeyOf(world.Anchor(1)), world.Anchor(1));
            Assert.Equal((2ul, 1ul), Of(world.CheckReceipt(entry, await world.Log.ReceiptAsync(key))));
            // Block 5 is empty: the first block with the newest log is named.
            Assert.Equal((4ul, 2ul), Of(world.CheckReceipt(entry, await world.Log.RenewAsync(key))));
            var newest = await world.Log.CheckpointAsync();
            Assert.Equal((4ul, 2ul), (newest!.Height, newest.Size));
        });

        static (ulong, ulong) Of(BlockHeader header) => (header.Height, header.LogSize);
    }

    [Fact]
    public void Receipt_WithTheCheckpointsLost_IsTheSameBitForBit()
    {
        var world = new ChainWorld();
        var before = world.Run(() => ReceiptOfFirstAsync(world));
        world.Disk.LoseCheckpoints();
        world.Crash(TimeSpan.FromSeconds(1));
        var after = world.Run(async () =>
        {
            await world.UntilAsync(4);
            return await world.Log.ReceiptAsync(KeyOf(world.Anchor(1)));
        });
        Assert.Equal(before.Proof, after!.Proof);

        static async Task<LogReceipt> ReceiptOfFirstAsync(ChainWorld world)
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(world.Anchor(1));
            await world.UntilAsync(2);
            await world.SubmitAsync(world.Anchor(2));
            await world.UntilAsync(3);
            return (await world.Log.ReceiptAsync(KeyOf(world.Anchor(1))))!;
        }
    }

    [Fact]
    public void Submit_Again_ChangesNothing_AndOtherBytesAreRefused()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(world.Anchor(1));
            Assert.Equal(EntryState.Pending, (await world.SubmitAsync(world.Anchor(1))).State);
            await Assert.ThrowsAsync<EntryConflictException>(() => world.SubmitAsync(world.Anchor(1, "other")));
            await world.UntilAsync(2);
            Assert.Equal(new EntryStatus(EntryState.Published, 0, 2), await world.SubmitAsync(world.Anchor(1)));
            await Assert.ThrowsAsync<EntryConflictException>(() => world.SubmitAsync(world.Anchor(1, "other")));
            Assert.Equal(0, (await world.Chain.StatusAsync()).Pending);
        });
    }

    [Fact]
    public void Submit_WhileTheBlockBecomesFinal_LeavesNothingInLine()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(world.Anchor(1));
            await world.UntilAsync(2);
            // What a submission does that looked into the index just before the block, and into the pool just after.
            world.Pool.Add(new WaitingEntry(Sample.Entry(1, world.Recorder)));
            await world.UntilAsync(3);
            Assert.Equal(0, world.Pool.Count);
        });
        world.CheckLedger();
    }

    [Fact]
    public void Submit_OfWhatIsNoEntry_OfAnotherRecorder_OrBeyondTheLimit_IsRefused()
    {
        var world = new ChainWorld(poolLimit: 2);
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitAsync("nothing"u8.ToArray()));
            var foreign = await Assert.ThrowsAsync<InvalidRequestException>(() => world.SubmitAsync(Sample.Anchor(1, TestNetwork.Key("foreign"))));
            Assert.Contains("hand in the transaction that it signed", foreign.Message, StringComparison.Ordinal);
            await world.SubmitAsync(world.Anchor(1));
            await world.SubmitAsync(world.Anchor(2));
            await Assert.ThrowsAsync<LogBusyException>(() => world.SubmitAsync(world.Anchor(3)));
            await world.UntilAsync(2);
            await world.SubmitAsync(world.Anchor(3));
            Assert.Equal(EntryState.Unknown, (await world.Log.StatusAsync(KeyOf(world.Anchor(4)))).State);
        });
    }

    [Fact]
    public void Entries_BeyondABlocksLimit_WaitForTheNext()
    {
        var world = new ChainWorld(_small);
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            for (var i = 0; i < 7; i++)
                await world.SubmitAsync(world.Anchor(i));
            await world.UntilAsync(3);
            var blocks = (await world.Chain.BlocksAsync(new BlockQuery(1, 10, null, null, Ascending: true))).Blocks;
            Assert.Equal([(0, 0ul), (3, 5ul), (1, 2ul)], blocks.Select(block => (block.TransactionCount, block.Entries)));
        });
        world.CheckLedger();
    }

    [Fact]
    public void Commit_TellsNodeAndSessions()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(world.Anchor(1));
            await world.SubmitAsync(world.Anchor(2));
            await world.UntilAsync(2);
            await world.DelayAsync(1);
        });
        var last = world.Disk.Blocks.At(2).Header;
        Assert.Equal([1ul, 2ul], world.News.Blocks.Select(block => block.Height));
        Assert.Equal(new BlockCommitted(2, last.Id(), last.TimeMs, 2), world.News.Blocks[1]);
        Assert.Equal(
            Enumerable.Range(1, 2).Select(i => (Sample.Session(i).ToString("D"), new LogEntryCommitted(Sample.Session(i), 2, (ulong)i - 1, LedgerEntryKind.Anchor))),
            world.News.Entries.OrderBy(told => told.Entry.Index).Select(told => (told.Key, told.Entry)));
    }

    [Fact]
    public void Commit_OfManyEntries_TellsTheirSessionsInSlices_WithoutHoldingUpTheChain()
    {
        var world = new ChainWorld(poolLimit: 10_000);
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            for (var i = 0; i < 1000; i++)
                world.Pool.Add(new WaitingEntry(Sample.Entry(i, world.Recorder)));
            await world.UntilAsync(2);
            await world.DelayAsync(1);
        });
        // Time passes between the slices, in which the chain does what else it has to.
        Assert.All(world.News.Entries.CountBy(told => told.At), slice => Assert.InRange(slice.Value, 1, 256));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (ulong)i), world.News.Entries.Select(told => told.Entry.Index).Order());
    }

    [Fact]
    public void Blocks_ArePagedBothWays_AndNoBlockIsReadForIt()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(7);
            var before = world.Disk.Blocks.Reads;
            await CheckAsync([7, 6, 5], 7, 1, 3, ascending: false);
            await CheckAsync([1], 7, 3, 3, ascending: false);
            await CheckAsync([4, 5, 6], 7, 2, 3, ascending: true);
            await CheckAsync([], 7, 4, 3, ascending: true);
            await CheckAsync([3, 4], 3, 1, 2, ascending: true, from: 3, to: 5);
            await CheckAsync([7, 6], 2, 1, 9, ascending: false, from: 6, to: 99);
            await CheckAsync([], 0, 1, 9, ascending: false, from: 8);
            await CheckAsync([], 0, 1, 9, ascending: false, to: 0);
            foreach (var (page, limit) in ((int, int)[])[(0, 1), (1, 0), (1, 101)])
                await Assert.ThrowsAsync<InvalidRequestException>(() => CheckAsync([], 0, page, limit, ascending: true));
            Assert.Equal(before, world.Disk.Blocks.Reads);
        });

        async Task CheckAsync(ulong[] heights, ulong total, int page, int limit, bool ascending, ulong? from = null, ulong? to = null)
        {
            var blocks = await world.Chain.BlocksAsync(new BlockQuery(page, limit, from, to, ascending));
            Assert.All(blocks.Blocks, block => Assert.Equal("node-0", block.Validator));
            Assert.Equal(heights, blocks.Blocks.Select(block => block.Height));
            Assert.Equal(total, blocks.Total);
        }
    }

    [Fact]
    public void Block_IsShownByHeightAndId_AndItsHeaderIsCertified()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(world.Anchor(1));
            await world.UntilAsync(2);
            var block = world.Disk.Blocks.At(2);
            var view = await world.Chain.BlockAsync(2);
            Assert.Equal((block.Header.Id(), "node-0", world.Node, 1ul, (long)block.Encode().Length), (view!.BlockId, view.Validator, view.NodeId, view.Entries, view.SizeBytes));
            Assert.Equal(new TransactionView(Hash256.Of(block.Transactions[0].Span), "anchor_batch", block.Transactions[0].Length, 1), Assert.Single(view.Transactions));
            Assert.Equal(2ul, (await world.Chain.BlockByIdAsync(block.Header.Id()))!.Height);
            var certified = await world.Chain.HeaderAsync(2);
            Assert.Equal(block.Header.Encode(), certified!.Header);
            Assert.Equal(block.Certificate!.Encode(), certified.Certificate);
            foreach (var height in (ulong[])[0, 3])
                Assert.True(await world.Chain.BlockAsync(height) is null && await world.Chain.HeaderAsync(height) is null);
            Assert.Null(await world.Chain.BlockByIdAsync(Hash256.Zero));
            Assert.Equal(world.Genesis.Encode(), await world.Chain.GenesisAsync());
            Assert.Equal(world.Genesis.Validators.Encode(), await world.Chain.ValidatorsAsync());
        });
    }

    [Fact]
    public void Status_WithSeveralValidators_SaysWhatItWaitsFor()
    {
        var world = new ChainWorld(new MemoryLedger(new TestNetwork(4)));
        world.Run(async () =>
        {
            await world.DelayAsync(60);
            var status = await world.Chain.StatusAsync();
            Assert.Equal(("waiting", 0ul), (status.Status, status.Height));
            Assert.Contains("3 of the 4 validators", status.Waiting, StringComparison.Ordinal);
        });
        Assert.Empty(world.Disk.Votes.Conflicts);
        Assert.Null(world.Disk.Checkpoints.Published);
    }

    [Fact]
    public void Status_OfANodeThatIsNoValidator_OrVotedBeyondItsBlocks_SaysSo()
    {
        var behind = new MemoryLedger(new TestNetwork(1));
        behind.Votes.Last = new VoteMemory(9, 0, Hash256.Zero, null, null, null, null);
        Assert.Contains("restore the missing blocks", Waiting(behind), StringComparison.Ordinal);
        Assert.Contains("none of the 1 validators", Waiting(new MemoryLedger(new TestNetwork(1), TestNetwork.Key("stranger"))), StringComparison.Ordinal);

        static string Waiting(MemoryLedger disk)
        {
            var world = new ChainWorld(disk);
            return world.Run(async () =>
            {
                await world.DelayAsync(60);
                Assert.Equal(0ul, (await world.Chain.LatestAsync()).Height);
                return (await world.Chain.StatusAsync()).Waiting!;
            });
        }
    }

    private static long[] Times(ChainWorld world) =>
        [.. Enumerable.Range(1, (int)world.Disk.Blocks.Height).Select(height => world.Disk.Blocks.At((ulong)height).Header.TimeMs)];

    private static EntryKey KeyOf(LogEntry entry) => new(entry.Session, entry.Recorder, entry is Anchor ? LedgerEntryKind.Anchor : LedgerEntryKind.Erasure);
}
