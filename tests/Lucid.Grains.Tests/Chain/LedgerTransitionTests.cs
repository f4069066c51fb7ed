using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain;

namespace Lucid.Grains.Tests.Chain;

public sealed class LedgerTransitionTests
{
    private const long Now = 1_800_000_000_000;

    private static readonly TestNetwork _network = new(4);
    private static readonly Genesis _genesis = _network.Genesis;
    private static readonly LedgerHead _head = After(LedgerHead.Before(_genesis), Make(LedgerHead.Before(_genesis), Now, Batches(1, 2)));

    private static Ed25519PrivateKey Recorder => _network.Keys[0];

    [Fact]
    public void Make_IsWhatFindFaultAccepts_ManyTimesOver()
    {
        var head = LedgerHead.Before(_genesis);
        var taken = new HashSet<EntryKey>();
        var tree = new MerkleTree();
        for (var height = 1; height <= 20; height++)
        {
            var entries = Enumerable.Range(height * 100, height % 5 * 3).Select(number => Sample.Entry(number, Recorder)).ToList();
            var block = Make(head, Now, Batch(_genesis, entries, Recorder));
            Assert.Null(LedgerTransition.FindFault(_genesis, head, Block.Parse(block.Encode()), Now, taken.Contains));
            taken.UnionWith(entries.Select(EntryPool.KeyOf));
            foreach (var entry in entries)
                tree.Append(MerkleHash.Leaf(entry.Bytes.Span));
            head = After(head, block);
            // The clock stands, the headers' time does not.
            Assert.Equal(((ulong)height, block.Header.Id(), Now + height - 1), (head.Height, head.Id, head.TimeMs));
            Assert.Equal((tree.Size, tree.Root(), tree.Root()), (head.LogSize, head.LogRoot, block.Header.LogRoot));
            Assert.Equal(tree.Size, head.Counts.Anchors);
        }
    }

    [Fact]
    public void Batch_FilledToTheLastByte_StaysWithinTheLimits()
    {
        // Sizes differ with the number of leaves, so that some batch ends near the limit.
        for (ulong leaves = 1; leaves < 1_000_000_000_000; leaves *= 10)
        {
            var network = new TestNetwork(1, new LedgerParameters { MaxBatchBytes = 64 * 1024 });
            var entries = Enumerable.Range(0, 800)
                .Select(number => LedgerEntry.Parse((Sample.Anchor(number, network.Keys[0]) with { LeafCount = leaves }).Encode())).ToList();
            var batches = Batch(network.Genesis, entries, network.Keys[0]);
            Assert.Equal(800, LedgerTransition.Entries(batches).Length);
            Assert.All(batches, batch => Assert.InRange(batch.Length, 1, 64 * 1024));
            var head = LedgerHead.Before(network.Genesis);
            var block = LedgerTransition.Make(network.Genesis, head, network.Keys[0].PublicKey, Now, batches);
            Assert.Null(LedgerTransition.FindFault(network.Genesis, head, block, Now, _ => false));
        }
    }

    [Fact]
    public void Batch_OfMoreTransactionsThanABlockHolds_LeavesTheLastEntriesForTheNext()
    {
        var network = new TestNetwork(1, new LedgerParameters { MaxBatchEntries = 1 });
        var entries = Enumerable.Range(0, Block.MaxTransactions + 5).Select(number => Sample.Entry(number, network.Keys[0])).ToList();
        var batches = Batch(network.Genesis, entries, network.Keys[0]);
        Assert.Equal(Block.MaxTransactions, batches.Length);
        var block = LedgerTransition.Make(network.Genesis, LedgerHead.Before(network.Genesis), network.Keys[0].PublicKey, Now, batches);
        Assert.Equal(block.Header, Block.Parse(block.Encode()).Header);
        var more = block with { Transactions = block.Transactions.Add(block.Transactions[0]) };
        Assert.Contains("transactions", LedgerTransition.FindFault(network.Genesis, LedgerHead.Before(network.Genesis), more, Now, _ => false)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_OfOwnAndSignedEntries_KeepsTheSignedOnesAsTheyAre_BehindTheOwn()
    {
        var (other, third) = (_network.Keys[1], _network.Keys[2]);
        var signed = new[] { Signed(1, other), Signed(3, third), Signed(5, Recorder) };
        var batches = LedgerTransition.Batch(_genesis, [signed[0], Own(2), signed[1], Own(4), signed[2]], Recorder);
        Assert.Equal([2, 1, 1, 1], batches.Select(batch => AnchorBatch.Parse(batch).Entries.Length));
        Assert.Equal(signed.Select(one => one.Signed!.Id()), batches.Skip(1).Select(batch => Hash256.Of(batch.Span)));
        Assert.Equal(
            new[] { 2, 4, 1, 3, 5 }.Select(Sample.Session), LedgerTransition.Entries(batches).Select(entry => entry.Session));
        Assert.Null(Fault(Make(LedgerHead.Before(_genesis), Now, batches), LedgerHead.Before(_genesis)));
    }

    [Fact]
    public void Batch_OfMoreTransactionsThanABlockHolds_LeavesOutWhatCameLast()
    {
        // One's own behind as many signed ones as a block holds; then in front of them, where it has room for more of its own.
        var signed = Enumerable.Range(0, Block.MaxTransactions + 5).Select(number => Unsigned(number, _network.Keys[1])).ToList();
        Check([.. signed, Own(1)], own: 0, signed: Block.MaxTransactions);
        Check([.. signed[..^6], Own(1), .. signed[^6..], Own(2)], own: 2, signed: Block.MaxTransactions - 1);

        void Check(List<WaitingEntry> waiting, int own, int signed)
        {
            var batches = LedgerTransition.Batch(_genesis, waiting, Recorder);
            Assert.Equal(Block.MaxTransactions, batches.Length);
            var entries = LedgerTransition.Entries(batches);
            Assert.Equal(
                waiting.Where(one => one.Signed is null).Take(own).Concat(waiting.Where(one => one.Signed is not null).Take(signed)).Select(one => one.Entry.Session),
                entries.Select(entry => entry.Session));
        }
    }

    [Fact]
    public void Batch_WithOneEntryATransaction_IsFirstComeFirstServed()
    {
        var network = new TestNetwork(1, new LedgerParameters { MaxBatchEntries = 1 });
        var waiting = Enumerable.Range(0, Block.MaxTransactions + 50)
            .Select(number => number % 20 == 0 ? new WaitingEntry(Sample.Entry(number, network.Keys[0])) : Unsigned(number, _network.Keys[1])).ToList();
        var batches = LedgerTransition.Batch(network.Genesis, waiting, network.Keys[0]);
        Assert.Equal(
            waiting.Take(Block.MaxTransactions).Select(one => one.Entry.Session).Order(),
            LedgerTransition.Entries(batches).Select(entry => entry.Session).Order());
    }

    [Fact]
    public void Batch_OfTheLongestEntries_FitsIntoABlock()
    {
        // What makes it needless to count a block's bytes: no rule of a ledger allows so many entries and transactions that they would not fit.
        var longest = new Anchor(Guid.Empty, Recorder.PublicKey, Hash256.Zero, Hash256.Zero, Hash256.Zero, long.MaxValue, ulong.MaxValue).Encode().Length;
        Assert.True(longest > new Erasure(Guid.Empty, Recorder.PublicKey, Hash256.Zero, long.MaxValue).Encode().Length);
        var most = new LedgerParameters().MaxBlockEntries;
        Assert.Contains("max block entries", Assert.Single((_genesis.Parameters with { MaxBlockEntries = most + 1 }).FindFaults()), StringComparison.Ordinal);
        const int lengthLine = 8;
        // A generous 1 MiB for header and certificate.
        Assert.True(((long)most * longest) + (Block.MaxTransactions * (AnchorBatch.Overhead + lengthLine)) + (1 << 20) < Block.MaxBytes);
    }

    [Fact]
    public void FindFault_OfAnotherPlace_SaysSo()
    {
        foreach (var change in (Func<BlockHeader, BlockHeader>[])
            [h => h with { Network = Hash256.Zero }, h => h with { Height = 1 }, h => h with { Height = 3 }, h => h with { PreviousId = Hash256.Zero }])
            Refused("not the block after", change);
    }

    [Fact]
    public void FindFault_OfAnImpossibleTime_SaysSo()
    {
        Refused("not after the block before", header => header with { TimeMs = _head.TimeMs });
        Refused("ahead of this node's clock", header => header with { TimeMs = Now + 30_001 });
        var ahead = Good();
        ahead = ahead with { Header = ahead.Header with { TimeMs = Now + 30_001 } };
        Assert.Null(LedgerTransition.FindFault(_genesis, _head, ahead with { Header = ahead.Header with { TimeMs = Now + 30_000 } }, Now, _ => false));
        // Final already: a node that catches up does not argue with time.
        Assert.Null(LedgerTransition.FindFault(_genesis, _head, ahead, null, _ => false));
    }

    [Fact]
    public void FindFault_OfOtherRulesOrAnUnknownProposer_SaysSo()
    {
        Refused("other validators or parameters", header => header with { ValidatorsHash = Hash256.Zero });
        Refused("other validators or parameters", header => header with { NextValidatorsHash = Hash256.Zero });
        Refused("other validators or parameters", header => header with { ParametersHash = Hash256.Zero });
        Refused("no validator", header => header with { Proposer = TestNetwork.Key("stranger").PublicKey });
    }

    [Fact]
    public void FindFault_OfRootsThatTheTransactionsDoNotGive_SaysSo()
    {
        Refused("roots", header => header with { LogSize = header.LogSize + 1 });
        Refused("roots", header => header with { LogRoot = Hash256.Zero });
        Refused("roots", header => header with { StateRoot = Hash256.Zero });
        Refused("roots", header => header with { TransactionCount = header.TransactionCount + 1 });
        Refused("roots", header => header with { TransactionsRoot = Hash256.Zero });
        var good = Good();
        Assert.Contains("roots", Fault(good with { Transactions = [good.Transactions[1], good.Transactions[0]] })!, StringComparison.Ordinal);
    }

    [Fact]
    public void FindFault_OfAnEntryThatIsThereAlready_SaysSo()
    {
        Assert.Null(Fault(Good()));
        Assert.Contains("there already", Fault(Make(_head, Now, [.. Batches(3), .. Batches(3)]))!, StringComparison.Ordinal);
        Assert.Contains("there already", Fault(Make(_head, Now, Batches(3, 4, 3)))!, StringComparison.Ordinal);
        var other = LedgerEntry.Parse(Sample.Anchor(3, Recorder, "another manifest").Encode());
        Assert.Contains("there already", Fault(Make(_head, Now, [.. Batches(3), .. Batch(_genesis, [other], Recorder)]))!, StringComparison.Ordinal);
        Assert.Contains("there already", LedgerTransition.FindFault(
            _genesis, _head, Good(), Now, EntryPool.KeyOf(Sample.Entry(4, Recorder)).Equals)!, StringComparison.Ordinal);
        // An erasure beside the anchor, and another recorder's anchor of the session, are other entries.
        var erasure = LedgerEntry.Parse(new Erasure(Sample.Session(3), Recorder.PublicKey, Hash256.Zero, 1).Encode());
        var second = Batch(_genesis, [Sample.Entry(3, _network.Keys[1])], _network.Keys[1]);
        Assert.Null(Fault(Make(_head, Now, [.. Batches(3), .. Batch(_genesis, [erasure], Recorder), .. second])));
    }

    [Fact]
    public void FindFault_OfABatchThatItsRecorderDidNotSign_SaysSo()
    {
        var forged = AnchorBatch.Create(
            _genesis.Network, Recorder.PublicKey, [Sample.Entry(3, Recorder)], message => _network.Keys[1].Sign(message.Span)).Bytes;
        Assert.Contains("not signed", Fault(Make(_head, Now, [forged]))!, StringComparison.Ordinal);
    }

    [Fact]
    public void FindFault_OfABatchOfAnotherNetwork_OrThatIsNone_SaysSo()
    {
        var foreign = Batch(new TestNetwork(1).Genesis, [Sample.Entry(3, Recorder)], Recorder);
        Assert.Contains("another network", Fault(Make(_head, Now, foreign))!, StringComparison.Ordinal);
        Assert.Contains("anchor batch", Fault(Good() with { Transactions = ["nonsense\n"u8.ToArray()] })!, StringComparison.Ordinal);
    }

    [Fact]
    public void FindFault_BeyondTheLimits_SaysSo()
    {
        Assert.Contains("beyond the limits", FaultUnder(new LedgerParameters { MaxBatchEntries = 2 }, 3), StringComparison.Ordinal);
        Assert.Contains("beyond the limits", FaultUnder(new LedgerParameters { MaxBatchBytes = 64 * 1024 }, 250), StringComparison.Ordinal);
        Assert.Contains("more than 2 entries", FaultUnder(new LedgerParameters { MaxBlockEntries = 2 }, 3), StringComparison.Ordinal);

        // One batch, whatever the parameters say of it.
        static string FaultUnder(LedgerParameters parameters, int entries)
        {
            var network = new TestNetwork(1, parameters);
            var batch = AnchorBatch.Create(network.Genesis.Network, network.Keys[0].PublicKey,
                [.. Enumerable.Range(0, entries).Select(number => Sample.Entry(number, network.Keys[0]))], message => network.Keys[0].Sign(message.Span));
            var head = LedgerHead.Before(network.Genesis);
            var block = LedgerTransition.Make(network.Genesis, head, network.Keys[0].PublicKey, Now, [batch.Bytes]);
            return LedgerTransition.FindFault(network.Genesis, head, block, Now, _ => false)!;
        }
    }

    private static Block Good() => Make(_head, Now, [.. Batches(3), .. Batches(4)]);

    private static Block Make(LedgerHead head, long now, ImmutableArray<ReadOnlyMemory<byte>> batches) =>
        LedgerTransition.Make(_genesis, head, Recorder.PublicKey, now, batches);

    private static LedgerHead After(LedgerHead head, Block block) =>
        LedgerTransition.Apply(head, block, LedgerTransition.Entries(block.Transactions));

    private static ImmutableArray<ReadOnlyMemory<byte>> Batches(params int[] numbers) =>
        Batch(_genesis, [.. numbers.Select(number => Sample.Entry(number, Recorder))], Recorder);

    private static ImmutableArray<ReadOnlyMemory<byte>> Batch(Genesis genesis, IEnumerable<LedgerEntry> entries, Ed25519PrivateKey recorder) =>
        LedgerTransition.Batch(genesis, [.. entries.Select(entry => new WaitingEntry(entry))], recorder);

    private static WaitingEntry Own(int number) => new(Sample.Entry(number, Recorder));

    private static WaitingEntry Signed(int number, Ed25519PrivateKey recorder) =>
        Waiting(Sample.Signed(_genesis, recorder, Sample.Anchor(number, recorder)));

    /// <summary>For many of them: nobody here looks at the signature.</summary>
    private static WaitingEntry Unsigned(int number, Ed25519PrivateKey recorder) =>
        Waiting(AnchorBatch.Create(_genesis.Network, recorder.PublicKey, [Sample.Entry(number, recorder)], _ => new byte[64]));

    private static WaitingEntry Waiting(AnchorBatch signed) => new(signed.Entries[0], signed);

    private static string? Fault(Block block, LedgerHead? head = null) => LedgerTransition.FindFault(_genesis, head ?? _head, block, Now, _ => false);

    private static void Refused(string why, Func<BlockHeader, BlockHeader> change)
    {
        var good = Good();
        Assert.Null(Fault(good));
        Assert.Contains(why, Fault(good with { Header = change(good.Header) })!, StringComparison.Ordinal);
    }
}
