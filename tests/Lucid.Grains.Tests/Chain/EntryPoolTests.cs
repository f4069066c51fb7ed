using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain;

namespace Lucid.Grains.Tests.Chain;

public sealed class EntryPoolTests
{
    private static readonly Ed25519PrivateKey _recorder = TestNetwork.Key("recorder");

    [Fact]
    public void First_GivesTheOldest_AndLeavesThemInLine()
    {
        var pool = Pool(4, 1, 3, 2);
        Assert.Equal([4, 1, 3], Numbers(pool.First(3)));
        Assert.Equal([4, 1, 3, 2], Numbers(pool.First(9)));
        Assert.Equal(4, pool.Count);
    }

    [Fact]
    public void Add_OfTheSameAgain_KeepsItsPlace_AndOfOtherBytes_IsRefused()
    {
        var pool = Pool(1, 2);
        pool.Add(new WaitingEntry(Sample.Entry(1, _recorder)));
        Assert.Equal([1, 2], Numbers(pool.First(9)));
        var other = LedgerEntry.Parse(Sample.Anchor(1, _recorder, "other").Encode());
        Assert.Throws<EntryConflictException>(() => pool.Add(new WaitingEntry(other)));
        // Another recorder's anchor of that session is another entry.
        pool.Add(new WaitingEntry(Sample.Entry(1, TestNetwork.Key("another recorder"))));
        Assert.Equal(3, pool.Count);
    }

    [Fact]
    public void Add_BeyondTheLimit_IsRefused_ButNotWhatWaitsAlready()
    {
        var pool = new EntryPool(2);
        pool.Add(new WaitingEntry(Sample.Entry(1, _recorder)));
        pool.Add(new WaitingEntry(Sample.Entry(2, _recorder)));
        Assert.Throws<LogBusyException>(() => pool.Add(new WaitingEntry(Sample.Entry(3, _recorder))));
        pool.Add(new WaitingEntry(Sample.Entry(2, _recorder)));
        pool.Remove([Sample.Entry(1, _recorder)]);
        pool.Add(new WaitingEntry(Sample.Entry(3, _recorder)));
        Assert.Equal([2, 3], Numbers(pool.First(9)));
    }

    [Fact]
    public void Remove_OfWhatDoesNotWait_ChangesNothing()
    {
        var pool = Pool(1, 2);
        pool.Remove([Sample.Entry(2, _recorder), Sample.Entry(9, _recorder), Sample.Entry(2, _recorder)]);
        Assert.Equal([1], Numbers(pool.First(9)));
        Assert.True(pool.Has(EntryPool.KeyOf(Sample.Entry(1, _recorder))));
        Assert.False(pool.Has(EntryPool.KeyOf(Sample.Entry(2, _recorder))));
    }

    [Fact]
    public void Add_OfAnEntryThatWaits_SignedOrNot_KeepsTheFirstForm()
    {
        var genesis = new TestNetwork(1).Genesis;
        var first = Sample.Signed(genesis, _recorder, Sample.Anchor(1, _recorder));
        // Who signs may sign the same twice, with two signatures.
        var second = AnchorBatch.Create(genesis.Network, _recorder.PublicKey, first.Entries, _ => new byte[64]);
        var pool = new EntryPool();
        foreach (var waiting in (WaitingEntry[])[new(first.Entries[0], first), new(Sample.Entry(1, _recorder)), new(second.Entries[0], second)])
            pool.Add(waiting);
        Assert.Same(first, Assert.Single(pool.First(9)).Signed);
        pool.Add(new WaitingEntry(Sample.Entry(2, _recorder)));
        var again = Sample.Signed(genesis, _recorder, Sample.Anchor(2, _recorder));
        pool.Add(new WaitingEntry(again.Entries[0], again));
        Assert.Null(pool.First(9)[1].Signed);
    }

    [Fact]
    public void Remove_AnswersWhatHadBeenHandedInSigned()
    {
        var pool = Pool(1, 2);
        var (foreign, genesis) = (TestNetwork.Key("another recorder"), new TestNetwork(1).Genesis);
        foreach (var number in (int[])[1, 3])
        {
            var signed = Sample.Signed(genesis, foreign, Sample.Anchor(number, foreign));
            pool.Add(new WaitingEntry(signed.Entries[0], signed));
        }
        var removed = pool.Remove([Sample.Entry(1, _recorder), Sample.Entry(1, foreign), Sample.Entry(9, foreign)]);
        Assert.Equal([EntryPool.KeyOf(Sample.Entry(1, foreign))], removed);
        Assert.Equal([2, 3], Numbers(pool.First(9)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_001)]
    public void Limit_OutOfRange_IsRefused(int limit) => Assert.Throws<ArgumentOutOfRangeException>(() => new EntryPool(limit));

    private static EntryPool Pool(params int[] numbers)
    {
        var pool = new EntryPool();
        foreach (var number in numbers)
            pool.Add(new WaitingEntry(Sample.Entry(number, _recorder)));
        return pool;
    }

    private static IEnumerable<int> Numbers(IEnumerable<WaitingEntry> entries) =>
        entries.Select(one => Enumerable.Range(0, 10).Single(number => Sample.Session(number) == one.Entry.Session));
}
