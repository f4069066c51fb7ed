using System.Text;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Audit;

public sealed class AuditGrainTests
{
    [Fact]
    public void Append_Events_AreRecordsInARow_EachNamingTheOneBefore()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            Assert.Equal(0, await world.AppendAsync(3));
            Assert.Equal(3, await world.AppendAsync());
            var records = await CheckChainAsync(world);
            Assert.Equal(4, records.Count);
            Assert.Equal("user/2", records[2].Event.Resource);
            Assert.All(records, record => Assert.Equal(world.Disk.Network.Genesis.Network, record.Network));
        });
    }

    [Fact]
    public void Log_ThatGrew_IsInTheNextBlock_WithAReceiptThatVerifies()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await world.AppendAsync(2);
            var first = await world.AnchoredAsync(2);
            Assert.Equal((1ul, 0ul, 2ul), (first.Number, first.SizeBefore, first.Size));
            await world.AppendAsync(1);
            var second = await world.AnchoredAsync(3);
            Assert.Equal((2ul, 2ul, first.Root, 3ul), (second.Number, second.SizeBefore, second.RootBefore, second.Size));
            foreach (var root in new[] { first, second })
            {
                var receipt = await world.Log.ReceiptAsync(new EntryKey(root.Session, root.Recorder, LedgerEntryKind.AuditRoot));
                Assert.True(TlogProof.Parse(Encoding.UTF8.GetBytes(receipt!.Proof)).VerifyInclusion(root.Hash()));
            }
            var head = await world.Audit.HeadAsync();
            Assert.Equal((3L, 3L, null), (head.Size, head.AnchoredSize, head.Waiting));
            // Nothing grew, so nothing more is stated.
            var size = (await world.Chain.InfoAsync()).LogSize;
            await world.DelayAsync(65);
            Assert.Equal(size, (await world.Chain.InfoAsync()).LogSize);
            Assert.Equal((0ul, 0ul), ((await world.Chain.InfoAsync()).Anchors, (await world.Chain.InfoAsync()).Erasures));
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(600)]
    public void Records_OfAnySize_AreProvedUnderTheLedgersRoot_AlsoAfterARestart(int size)
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await GrowAsync(world, size);
            var root = await world.AnchoredAsync(size);
            await GrowAsync(world, 300);
            await CheckProofsAsync(world, root);
            await world.RestartAsync();
            await CheckProofsAsync(world, root);
            await CheckProofsAsync(world, await world.AnchoredAsync(size + 300));
            Assert.Equal(size + 300, await world.AppendAsync());
            await CheckChainAsync(world);
        });
    }

    [Fact]
    public void Log_WhoseItemsAreAllLost_IsAnchoredAllTheSame()
    {
        var world = new AuditWorld(new EngineTestMode { Seed = 1, Lost = 1 });
        world.Run(async () =>
        {
            await world.AppendAsync();
            await world.AnchoredAsync(1);
        });
    }

    [Fact]
    public void Store_ThatRefusesAnyOneWrite_LeavesAWholeLog()
    {
        for (var refused = 1; refused <= 12; refused++)
        {
            var store = new MemoryGrainStore();
            var world = new AuditWorld { Store = store };
            world.Run(async () =>
            {
                await world.RestartAsync();
                await world.Chain.StartAsync();
                var writes = 0;
                store.BeforeWrite = grain => Refuse(grain.ToString()!.Contains("audit", StringComparison.Ordinal) && ++writes == refused);
                for (var appended = 0; appended < 3;)
                {
                    try
                    {
                        await world.AppendAsync(2);
                        appended++;
                    }
                    catch (Exception failure) when (failure is IOException or EngineException)
                    {
                        await world.DelayAsync(1);
                    }
                }
                var size = (await world.Audit.HeadAsync()).Size;
                // Some of a batch that failed may be there, and is there again: never fewer.
                Assert.InRange(size, 6, 8);
                await CheckProofsAsync(world, await world.AnchoredAsync(size));
                await CheckChainAsync(world);
            });
        }
    }

    [Fact]
    public void Log_WipedFromTheDatabase_CannotBeBegunAnewUnseen()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await world.AppendAsync(2);
            var root = await world.AnchoredAsync(2);
            world.Store = new MemoryGrainStore();
            await world.RestartAsync();
            await world.Chain.StartAsync();
            await world.AppendAsync();
            for (var head = await world.Audit.HeadAsync(); head.Waiting?.Contains("another history", StringComparison.Ordinal) != true; head = await world.Audit.HeadAsync())
            {
                Assert.Null(head.Root);
                await world.DelayAsync(1);
            }
            // What nobody would ever anchor is not taken, also by the next activation.
            await Assert.ThrowsAsync<AuditUnavailableException>(() => world.AppendAsync());
            await world.RestartAsync();
            await Assert.ThrowsAsync<AuditUnavailableException>(() => world.AppendAsync());
            // What it had before is in the ledger for good.
            Assert.NotNull(await world.Log.ReceiptAsync(new EntryKey(root.Session, root.Recorder, LedgerEntryKind.AuditRoot)));
        });
    }

    [Fact]
    public void Log_ThatLostItsLastRecords_TakesNoMore_AndSaysSo()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await world.AppendAsync(3);
            await world.AnchoredAsync(3);
            world.Store = new ForgedStore(world.Store, "records") { Rows = 2 };
            await world.RestartAsync();
            var refused = await Assert.ThrowsAsync<AuditUnavailableException>(() => world.AppendAsync());
            Assert.Contains("root 1 over 3 records", refused.Message, StringComparison.Ordinal);
            Assert.Equal(refused.Message, (await world.Audit.HeadAsync()).Waiting);
            Assert.Null(await world.Audit.ProveAsync(0, 2));
        });
    }

    /// <summary>Whoever has the database can alter any row of it, those behind the last root too; what is in memory they have not.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(258)]
    public void Records_AlteredInTheDatabase_AreNotHandedOut_AndEndTheLog(int altered)
    {
        var world = new AuditWorld();
        var store = new ForgedStore(world.Store, "records");
        world.Store = store;
        world.Run(async () =>
        {
            await world.RestartAsync();
            await world.Chain.StartAsync();
            await GrowAsync(world, 260);
            await world.AnchoredAsync(260);
            Assert.Equal(20, (await world.Audit.ReadAsync(240, 20)).Records.Length);
            store.Altered = altered;
            await Assert.ThrowsAsync<AuditUnavailableException>(() => world.Audit.ReadAsync(altered > 255 ? 256 : 200, 2));
            await Assert.ThrowsAsync<AuditUnavailableException>(() => world.AppendAsync());
        });
    }

    [Fact]
    public void Append_WhatNoRecordCanHold_IsRefusedWhole()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Audit.AppendAsync(new AuditBatch([])));
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.AppendAsync(AuditBatch.MaxEvents + 1));
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Audit.AppendAsync(new AuditBatch([AuditWorld.Event(), AuditWorld.Event() with { Actor = "two\nlines" }])));
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Audit.ReadAsync(-1, 1));
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Audit.ReadAsync(0, AuditPage.MaxRecords + 1));
            Assert.Equal(0, (await world.Audit.HeadAsync()).Size);
            Assert.Null(await world.Audit.ProveAsync(0, 1));
        });
    }

    [Fact]
    public void Ledger_TakesEachRootOnce_AndOnlyBehindTheOneBefore()
    {
        var world = new AuditWorld();
        world.Run(async () =>
        {
            await world.AppendAsync(2);
            var first = await world.AnchoredAsync(2);
            var next = new AuditRoot(first.Recorder, 2, 2, first.Root, 5, Hash256.Of([5]), 1);
            await Assert.ThrowsAsync<EntryConflictException>(() => world.Log.SubmitAsync((first with { Root = Hash256.Zero }).Encode()));
            await Assert.ThrowsAsync<EntryConflictException>(() => world.Log.SubmitAsync((first with { Size = 1 }).Encode()));
            foreach (var wrong in new[] { next with { SizeBefore = 1 }, next with { RootBefore = Hash256.Of([1]) }, next with { Number = 3 } })
                await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitAsync(wrong.Encode()));
            Assert.Equal(EntryState.Pending, (await world.Log.SubmitAsync(next.Encode())).State);
        });
    }

    private static void Refuse(bool now)
    {
        if (now)
            throw new IOException("the disk is full");
    }

    private static async Task GrowAsync(AuditWorld world, int count)
    {
        for (var left = count; left > 0; left -= AuditBatch.MaxEvents)
            await world.AppendAsync(Math.Min(left, AuditBatch.MaxEvents));
    }

    private static async Task<List<AuditRecord>> CheckChainAsync(AuditWorld world)
    {
        var records = new List<AuditRecord>();
        var last = Hash256.Zero;
        while (await world.Audit.ReadAsync(records.Count, AuditPage.MaxRecords) is { Records: { IsEmpty: false } page })
        {
            foreach (var bytes in page)
            {
                var record = AuditRecord.Parse(bytes);
                Assert.Equal((records.Count, last), ((int)record.Index, record.Previous));
                records.Add(record);
                last = Hash256.Of(bytes);
            }
        }
        return records;
    }

    private static async Task CheckProofsAsync(AuditWorld world, AuditRoot root)
    {
        var size = (long)root.Size;
        foreach (var index in new[] { 0, 1, 254, 255, 256, size / 2, size - 2, size - 1 }.Where(index => index >= 0 && index < size).Distinct())
        {
            var record = (await world.Audit.ReadAsync(index, 1)).Records.Single();
            var proof = await world.Audit.ProveAsync(index, size);
            Assert.True(InclusionProof.Verify((ulong)index, root.Size, AuditRecord.LeafHash(record), proof!.Hashes, root.Root), $"record {index} of {size}");
        }
    }
}
