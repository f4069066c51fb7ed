using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Files;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Chain;

namespace Lucid.Grains.Tests.Chain;

/// <summary>Entries of other recorders, handed in to the node that holds the ledger as transactions that these signed.</summary>
public sealed class SignedEntryTests
{
    private static readonly Ed25519PrivateKey _other = TestNetwork.Key("another recorder");
    private static readonly Ed25519PrivateKey _third = TestNetwork.Key("a third recorder");

    [Fact]
    public void Transaction_IsInTheNextBlockAsItIs_AndItsReceiptsVerify()
    {
        var world = new ChainWorld();
        LogEntry[] entries = [Sample.Anchor(1, _other), new Erasure(Sample.Session(1), _other.PublicKey, Hash256.Zero, 5)];
        var transactions = entries.Select(entry => Sample.Signed(world.Genesis, _other, entry)).ToArray();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            foreach (var transaction in transactions)
                Assert.Equal(new EntryStatus(EntryState.Pending, null, null), await world.Log.SubmitSignedAsync(transaction.Bytes));
            Assert.Equal(EntryState.Pending, (await world.Log.StatusAsync(KeyOf(entries[0]))).State);
            Assert.Equal(2, (await world.Chain.StatusAsync()).Pending);
            await world.UntilAsync(2);
            Assert.Equal(transactions.Select(one => one.Id()), world.Disk.Blocks.At(2).Transactions.Select(bytes => Hash256.Of(bytes.Span)));
            for (var i = 0; i < entries.Length; i++)
            {
                var published = new EntryStatus(EntryState.Published, (ulong)i, 2);
                Assert.Equal(published, await world.Log.StatusAsync(KeyOf(entries[i])));
                Assert.Equal(published, await world.Log.SubmitSignedAsync(transactions[i].Bytes));
                Assert.Equal(2ul, world.CheckReceipt(entries[i], await world.Log.ReceiptAsync(KeyOf(entries[i]))).Height);
            }
            await world.SubmitAsync(world.Anchor(2));
            await world.UntilAsync(3);
            Assert.Equal(3ul, world.CheckReceipt(entries[0], await world.Log.RenewAsync(KeyOf(entries[0]))).Height);
            Assert.Equal(0, (await world.Chain.StatusAsync()).Pending);
        });
        world.CheckLedger();
    }

    [Fact]
    public void Transaction_OfThisNodesOwnRecorder_IsTakenToo()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitSignedAsync(world.Anchor(1), world.Recorder);
            await world.SubmitAsync(world.Anchor(2));
            await world.UntilAsync(2);
            await world.DelayAsync(1);
        });
        Assert.Equal([1, 1], world.Disk.Blocks.At(2).Transactions.Select(bytes => AnchorBatch.Parse(bytes).Entries.Length));
        Assert.Equal([0ul, 1ul], world.News.Entries.Select(told => told.Entry.Index).Order());
        world.CheckLedger();
    }

    [Fact]
    public void Transaction_ThatIsNone_OfAnotherNetwork_OfSeveralEntries_OrNotSigned_IsRefused_AndSaysWhy()
    {
        var world = new ChainWorld();
        var (anchor, elsewhere) = (Sample.Anchor(1, _other), new TestNetwork(2).Genesis);
        var forged = AnchorBatch.Create(world.Genesis.Network, _other.PublicKey, [Sample.Entry(1, _other)], message => _third.Sign(message.Span));
        var cases = new (ReadOnlyMemory<byte> Transaction, string Why)[]
        {
            ("nothing"u8.ToArray(), "no transaction for the log: anchor batch"),
            (anchor.Encode(), "no transaction for the log: anchor batch"),
            (Array.Empty<byte>(), "no transaction for the log: anchor batch"),
            (new byte[4096], "has 4096 bytes; one of a single entry has at most 1312"),
            (Sample.Signed(elsewhere, _other, anchor).Bytes, $"for network {elsewhere.Network}; this ledger is of network {world.Genesis.Network}"),
            (Sample.Signed(world.Genesis, _other, anchor, Sample.Anchor(2, _other)).Bytes, "has 2 entries; hand in each in one of its own"),
            (forged.Bytes, $"session {Sample.Session(1)} is not signed by the recorder that it names, {_other.PublicKey}"),
        };
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            foreach (var (transaction, why) in cases)
            {
                var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitSignedAsync(transaction));
                Assert.Contains(why, refused.Message, StringComparison.Ordinal);
            }
            Assert.Equal(0, world.Pool.Count);
            // None of them stands in the way of what is right.
            await world.SubmitSignedAsync(anchor, _other);
            await world.UntilAsync(2);
            world.CheckReceipt(anchor, await world.Log.ReceiptAsync(KeyOf(anchor)));
        });
        Assert.Equal(1ul, world.Disk.Log.Size);
        world.CheckLedger();
    }

    [Fact]
    public void Transaction_WithAnyByteAltered_CutOrLonger_IsRefused()
    {
        var world = new ChainWorld();
        var good = Sample.Signed(world.Genesis, _other, Sample.Anchor(1, _other)).Bytes.ToArray();
        world.Run(async () =>
        {
            for (var i = 0; i < good.Length; i++)
            {
                var altered = good.ToArray();
                altered[i] ^= 1;
                await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitSignedAsync(altered));
            }
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitSignedAsync(good.AsMemory()[..^1]));
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitSignedAsync((byte[])[.. good, (byte)'\n']));
            Assert.Equal(0, world.Pool.Count);
        });
    }

    [Fact]
    public async Task Transaction_WhoseBytesTheCallerChangesAfterwards_StaysAsItWas()
    {
        var (disk, pool) = (new MemoryLedger(new TestNetwork(1)), new EntryPool());
        var signed = Sample.Signed(disk.Network.Genesis, _other, Sample.Anchor(1, _other));
        var buffer = signed.Bytes.ToArray();
        // Without an engine, which may copy what it hands over.
        await new LogGrain(null!, disk.Node(pool)).SubmitSignedAsync(buffer);
        Array.Clear(buffer);
        Assert.Equal(signed.Id(), Assert.Single(pool.First(9)).Signed!.Id());
    }

    [Fact]
    public void Transaction_OfAnEntryThatWaitsOrIsCommitted_ChangesNothing_AndOtherBytesAreAConflict()
    {
        var world = new ChainWorld();
        var (own, foreign) = (world.Anchor(1), Sample.Anchor(1, _other));
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitAsync(own);
            Assert.Equal(EntryState.Pending, (await world.SubmitSignedAsync(own, world.Recorder)).State);
            await world.SubmitSignedAsync(world.Anchor(2), world.Recorder);
            Assert.Equal(EntryState.Pending, (await world.SubmitAsync(world.Anchor(2))).State);
            // Another recorder's anchor of that session is another entry.
            await world.SubmitSignedAsync(foreign, _other);
            Assert.Equal(EntryState.Pending, (await world.SubmitSignedAsync(foreign, _other)).State);
            await ConflictsAsync("waits for a block already");
            Assert.Equal(3, world.Pool.Count);
            await world.UntilAsync(2);
            await ConflictsAsync("The ledger has another Anchor");
            Assert.Equal(0, world.Pool.Count);
        });
        Assert.Equal(3ul, world.Disk.Log.Size);
        world.CheckLedger();

        async Task ConflictsAsync(string why)
        {
            foreach (var submit in (Func<Task>[])[
                () => world.SubmitSignedAsync(world.Anchor(1, "other"), world.Recorder),
                () => world.SubmitAsync(world.Anchor(2, "other")),
                () => world.SubmitSignedAsync(Sample.Anchor(1, _other, "other"), _other)])
            {
                var conflict = await Assert.ThrowsAsync<EntryConflictException>(submit);
                Assert.Contains(why, conflict.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Transaction_HandedInWhileItsBlockBecomesFinal_LeavesNothingInLine()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other);
            await world.UntilAsync(2);
            // What a submission does that looked into the index just before the block, and into the pool just after.
            var signed = Sample.Signed(world.Genesis, _other, Sample.Anchor(1, _other));
            world.Pool.Add(new WaitingEntry(signed.Entries[0], signed));
            await world.SubmitSignedAsync(Sample.Anchor(2, _other), _other);
            await world.UntilAsync(3);
            Assert.Equal(0, world.Pool.Count);
        });
        Assert.Equal(2ul, world.Disk.Log.Size);
        world.CheckLedger();
    }

    [Fact]
    public void Pool_WithATransactionThatNobodyVerified_GivesABlockThatTheCheckRefuses()
    {
        var world = new ChainWorld();
        var forged = AnchorBatch.Create(world.Genesis.Network, _other.PublicKey, [Sample.Entry(1, _other)], _ => new byte[64]);
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            world.Pool.Add(new WaitingEntry(forged.Entries[0], forged));
            await world.UntilAsync(2);
        });
        var head = LedgerTransition.Apply(LedgerHead.Before(world.Genesis), world.Disk.Blocks.At(1), []);
        Assert.Contains(
            "not signed", LedgerTransition.FindFault(world.Genesis, head, world.Disk.Blocks.At(2), null, _ => false)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Transactions_BesideOwnEntries_AreInBlocks_FirstComeFirstServed()
    {
        var world = new ChainWorld(new LedgerParameters { MaxBatchEntries = 2, MaxBlockEntries = 5 });
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            foreach (var number in Enumerable.Range(0, 7))
                await (number is 1 or 4 or 6 ? world.SubmitSignedAsync(Sample.Anchor(number, _other), _other) : world.SubmitAsync(world.Anchor(number)));
            await world.UntilAsync(3);
        });
        Assert.Equal([[0, 2], [3], [1], [4]], Numbers(2));
        Assert.Equal([[5], [6]], Numbers(3));
        world.CheckLedger();

        int[][] Numbers(ulong height) =>
            [.. world.Disk.Blocks.At(height).Transactions.Select(bytes => AnchorBatch.Parse(bytes).Entries
                .Select(entry => Enumerable.Range(0, 7).Single(number => Sample.Session(number) == entry.Session)).ToArray())];
    }

    [Fact]
    public void Transactions_BeyondThePoolsLimit_AreRefused_UntilTheNextBlock()
    {
        var world = new ChainWorld(poolLimit: 2);
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other);
            await world.SubmitAsync(world.Anchor(2));
            await Assert.ThrowsAsync<LogBusyException>(() => world.SubmitSignedAsync(Sample.Anchor(3, _other), _other));
            Assert.Equal(EntryState.Pending, (await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other)).State);
            await world.UntilAsync(2);
            await world.SubmitSignedAsync(Sample.Anchor(3, _other), _other);
        });
    }

    [Fact]
    public void Commit_TellsTheSessionsOfWhatWasHandedIn()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other);
            await world.SubmitAsync(world.Anchor(2));
            await world.SubmitSignedAsync(new Erasure(Sample.Session(3), _third.PublicKey, Hash256.Zero, 5), _third);
            await world.UntilAsync(2);
            await world.DelayAsync(1);
        });
        Assert.Equal(
            [
                (Sample.Session(2).ToString("D"), new LogEntryCommitted(Sample.Session(2), 2, 0, LedgerEntryKind.Anchor)),
                (Sample.Session(1).ToString("D"), new LogEntryCommitted(Sample.Session(1), 2, 1, LedgerEntryKind.Anchor)),
                (Sample.Session(3).ToString("D"), new LogEntryCommitted(Sample.Session(3), 2, 2, LedgerEntryKind.Erasure)),
            ],
            world.News.Entries.OrderBy(told => told.Entry.Index).Select(told => (told.Key, told.Entry)));
    }

    [Fact]
    public void Commit_OfABlockFromBeforeARestart_TellsOwnSessionsAlone_AndHandingInAgainAnswers()
    {
        var world = new ChainWorld();
        world.Run(async () =>
        {
            await world.UntilAsync(1);
            await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other);
            await world.SubmitAsync(world.Anchor(2));
            // The block is made and voted for, and final only after the restart; nothing is in line any more then.
            (world.Disk.DiesAfter, world.Disk.LastWriteArrives) = (3, true);
            while (!world.Disk.IsDead)
                await world.DelayAsync(0.1);
        });
        world.Crash(TimeSpan.FromSeconds(3));
        world.Run(async () =>
        {
            await world.UntilAsync(2);
            await world.DelayAsync(1);
            Assert.Equal(2ul, world.Disk.Log.Size);
            Assert.Equal(Sample.Session(2), Assert.Single(world.News.Entries).Entry.Session);
            Assert.Equal(new EntryStatus(EntryState.Published, 1, 2), await world.SubmitSignedAsync(Sample.Anchor(1, _other), _other));
        });
        world.CheckLedger();
    }

    [Fact]
    public async Task Evidence_OfAnotherRecordersSession_IsVerified()
    {
        var world = new ChainWorld();
        var parts = world.Run(async () =>
        {
            await world.UntilAsync(1);
            var after = await world.Chain.LatestAsync();
            var manifest = Sample.Manifest(world.Genesis.Network, new ManifestRecorder("beta", _other.PublicKey, "lucid test"), after).Encode();
            var anchor = Anchor.Of(Manifest.Parse(manifest), manifest);
            await world.SubmitAsync(world.Anchor(5));
            await world.SubmitSignedAsync(anchor, _other);
            await world.UntilAsync(2);
            var (receipt, before) = (await world.Log.ReceiptAsync(KeyOf(anchor)), await world.Chain.HeaderAsync(after.Height));
            return new EvidenceParts
            {
                Manifest = manifest,
                ManifestNote = ManifestSignature.Sign(manifest, _other).Encode(),
                Receipt = Encoding.UTF8.GetBytes(receipt!.Proof),
                Block = receipt.Block.Header,
                Certificate = receipt.Block.Certificate,
                Validators = await world.Chain.ValidatorsAsync(),
                After = new AfterBlockParts(before!.Header, before.Certificate),
            };
        });
        var writer = await EvidenceFileWriter.PlanAsync(parts, _ => AsyncEnumerable.Empty<Leaf>(), _ => false, TestContext.Current.CancellationToken);
        using var file = new MemoryStream();
        await writer.WriteAsync(file, (_, _, _) => throw new NotSupportedException(), TestContext.Current.CancellationToken);
        file.Position = 0;
        var report = await EvidenceVerifier.VerifyAsync(
            file, new TrustedValidators(world.Genesis.Validators), new VerifyOptions(), TestContext.Current.CancellationToken);
        Assert.True(report.Verdict == Verdict.Verified, string.Join('\n', report.Checks));
    }

    /// <summary>Recorders that hand in again until it is published, beside others that hand in nonsense, on a node that keeps dying.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Node_WithAllKindsOfEntries_AndCrashes_TakesEachOnce(int seed)
    {
        var world = new ChainWorld(
            new MemoryLedger(new TestNetwork(1, new LedgerParameters { MaxBatchEntries = 3, MaxBlockEntries = 8 })), poolLimit: 30, seed);
        var random = new Random(world.Simulation.Seed);
        ImmutableArray<Ed25519PrivateKey> recorders = [world.Recorder, _other, _third];
        // Two recorders to a session, now and then: another one took it over.
        var open = Enumerable.Range(0, 80).Select(number => (Number: number * 2 / 3, Recorder: recorders[number % 3])).ToList();
        var all = open.ToList();
        for (var step = 0; open.Count > 0; step++)
        {
            Assert.True(step < 3000, $"LUCID_SEED={world.Simulation.Seed}: {open.Count} entries are not published after {step} steps, at height {world.Disk.Blocks.Height}");
            world.Run(StepAsync);
            if (world.Disk.IsDead)
                world.Crash(TimeSpan.FromSeconds(random.Next(20)));
            if (step % 40 == 0)
                (world.Disk.DiesAfter, world.Disk.LastWriteArrives) = (random.Next(1, 12), random.Next(2) == 0);
        }
        world.Disk.DiesAfter = null;
        world.Run(async () =>
        {
            await world.UntilAsync(world.Disk.Blocks.Height + 2);
            foreach (var (number, recorder) in all)
                world.CheckReceipt(Sample.Anchor(number, recorder), await world.Log.ReceiptAsync(KeyOf(Sample.Anchor(number, recorder))));
        });
        Assert.Equal((ulong)all.Count, world.Disk.Log.Size);
        world.CheckLedger();

        async Task StepAsync()
        {
            var (number, recorder) = open[random.Next(open.Count)];
            var isOwn = recorder == world.Recorder && random.Next(4) > 0;
            try
            {
                var status = await SubmitAsync(Sample.Anchor(number, recorder));
                if (status.State == EntryState.Published)
                    open.Remove((number, recorder));
                await Assert.ThrowsAsync<EntryConflictException>(() => SubmitAsync(Sample.Anchor(number, recorder, "other")));
            }
            catch (LogBusyException)
            {
                // Again later, as it says.
            }
            var nonsense = Sample.Signed(world.Genesis, _other, Sample.Anchor(number, _other, "altered")).Bytes.ToArray();
            nonsense[random.Next(nonsense.Length)] ^= 2;
            await Assert.ThrowsAsync<InvalidRequestException>(() => world.Log.SubmitSignedAsync(nonsense));
            await world.DelayAsync(random.NextDouble() * 3);

            Task<EntryStatus> SubmitAsync(LogEntry entry) => isOwn ? world.SubmitAsync(entry) : world.SubmitSignedAsync(entry, recorder);
        }
    }

    private static EntryKey KeyOf(LogEntry entry) => EntryPool.KeyOf(LedgerEntry.Parse(entry.Encode()));
}
