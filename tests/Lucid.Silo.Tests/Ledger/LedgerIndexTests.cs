using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Ledger;

public sealed class LedgerIndexTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly SampleChain _chain = new();

    private string FilePath => Path.Combine(_temp.Data.Root, "index.db");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Apply_ThenReopen_FindsEverything()
    {
        using (var index = Open())
            await ApplyAsync(index, [2, 0, 3]);
        using var again = Open();
        Assert.Equal(3UL, again.Height);
        Assert.Equal(new LedgerCounts(5, 0, 2), again.Counts);
        var place = 0UL;
        foreach (var block in _chain.Blocks)
        {
            Assert.Equal(block.Header.Height, again.HeightOf(block.Header.Id()));
            foreach (var entry in SampleChain.EntriesOf(block))
            {
                Assert.Equal(new EntryPlace(place++, block.Header.Height), again.Find(KeyOf(entry)));
                Assert.Null(again.Find(KeyOf(entry) with { Kind = LedgerEntryKind.Erasure }));
                Assert.Null(again.Find(KeyOf(entry) with { Recorder = SampleChain.Key("other").PublicKey }));
            }
        }
        Assert.Null(again.HeightOf(Hash256.Of("none"u8)));
        Assert.Equal([1, 1, 1, 3, 3, null], new ulong[] { 0, 1, 2, 3, 5, 6 }.Select(again.FirstCovering));
        var second = _chain.Blocks[1].Header;
        Assert.Equal([new IndexedBlock(2, second.Id(), second.TimeMs, 0, 1000, 2, second.Proposer)], again.Blocks(2, 2));
        Assert.Equal(3, again.Blocks(0, ulong.MaxValue).Count);
    }

    [Fact]
    public async Task Apply_NotTheNextBlock_IsRefused()
    {
        using var index = Open();
        await ApplyAsync(index, [1]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => index.ApplyAsync(_chain.Blocks[0].Header, 1, [], 0, default));
    }

    [Fact]
    public async Task Apply_FailingHalfWay_LeavesNothing()
    {
        using var index = Open();
        await ApplyAsync(index, [1]);
        var (fresh, known) = (_chain.Anchor(), SampleChain.EntriesOf(_chain.Blocks[0])[0]);
        var header = _chain.Add(0).Header;
        await Assert.ThrowsAsync<LedgerDamagedException>(() => index.ApplyAsync(header, 1, [fresh, known], 1, default));
        Assert.Null(index.Find(KeyOf(fresh)));
        Assert.Equal(1UL, index.Height);
        await index.ApplyAsync(header, 1, [fresh], 1, default);
        Assert.Equal(new EntryPlace(1, 2), index.Find(KeyOf(fresh)));
    }

    [Theory]
    [InlineData("newer than the blocks")]
    [InlineData("of other blocks")]
    [InlineData("of another network")]
    [InlineData("not a database")]
    [InlineData("cut off")]
    [InlineData("of another version")]
    public async Task Open_Unusable_BeginsEmpty(string state)
    {
        using (var index = Open())
            await ApplyAsync(index, [2, 3]);
        Func<ulong, Hash256?> blocks = IdOf;
        var network = _chain.Genesis.Network;
        switch (state)
        {
            case "newer than the blocks": blocks = height => height < 2 ? IdOf(height) : null; break;
            case "of other blocks": blocks = _ => Hash256.Of("other"u8); break;
            case "of another network": network = Hash256.Of("other"u8); break;
            case "not a database": File.WriteAllText(FilePath, new string('x', 10_000)); break;
            case "cut off": File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..5000]); break;
            default: Execute("PRAGMA user_version = 99"); break;
        }
        using var again = LedgerIndex.Open(FilePath, network, blocks, NullLogger.Instance);
        Assert.Equal(0UL, again.Height);
        Assert.Equal(new LedgerCounts(0, 0, 0), again.Counts);
        foreach (var block in _chain.Blocks)
            await again.ApplyAsync(block.Header, 1000, SampleChain.EntriesOf(block), FirstIndex(block), default);
        Assert.Equal(new EntryPlace(4, 2), again.Find(KeyOf(SampleChain.EntriesOf(_chain.Blocks[1])[2])));
    }

    [Theory]
    [InlineData("UPDATE entries SET place = place + 1 WHERE place = 1")]
    [InlineData("UPDATE entries SET height = height + 1 WHERE place = 1")]
    [InlineData("")]
    public async Task Find_OfAnAlteredEntry_IsNeitherThereNorFree_AndTheIndexBeginsAnewWhenTold(string damage)
    {
        using (var before = Open())
            await ApplyAsync(before, [3]);
        var hidden = KeyOf(SampleChain.EntriesOf(_chain.Blocks[0])[1]);
        if (damage.Length > 0)
            Execute(damage);
        else
            FlipKey(hidden);
        using var index = Open();
        Assert.Contains(FilePath, Assert.Throws<LedgerDamagedException>(() => index.Find(hidden)).Message, StringComparison.Ordinal);
        Assert.True(index.IsDoubted);
        await index.ResetAsync(default);
        Assert.False(index.IsDoubted);
        Assert.Equal(0UL, index.Height);
        Assert.Null(index.Find(hidden));
        Assert.True(File.Exists(FilePath + ".damaged"));
    }

    /// <summary>In its place, as a disk would: SQL would move the row to where its new key belongs.</summary>
    private void FlipKey(EntryKey key)
    {
        var bytes = File.ReadAllBytes(FilePath);
        var at = bytes.AsSpan().LastIndexOf(key.Session.ToByteArray(bigEndian: true));
        Assert.True(at > 0);
        bytes[at + 15] ^= 0x40;
        File.WriteAllBytes(FilePath, bytes);
    }

    [Theory]
    [InlineData("UPDATE blocks SET time = time + 1")]
    [InlineData("UPDATE blocks SET id = x'00'")]
    public async Task Blocks_Altered_AreNotTold(string damage)
    {
        using (var index = Open())
            await ApplyAsync(index, [3, 1]);
        Execute(damage + " WHERE height = 1");
        using var again = Open();
        Assert.Contains(FilePath, Assert.Throws<LedgerDamagedException>(() => again.Blocks(1, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WithAlteredCounts_BeginsEmpty()
    {
        using (var index = Open())
            await ApplyAsync(index, [3]);
        Execute("UPDATE applied SET anchors = anchors + 1");
        using var again = Open();
        Assert.Equal(0UL, again.Height);
    }

    private LedgerIndex Open() => LedgerIndex.Open(FilePath, _chain.Genesis.Network, IdOf, NullLogger.Instance);

    private Hash256? IdOf(ulong height) => height <= (ulong)_chain.Blocks.Count ? _chain.Blocks[(int)height - 1].Header.Id() : null;

    private async Task ApplyAsync(LedgerIndex index, int[] entries)
    {
        foreach (var count in entries)
        {
            var block = _chain.Add(count);
            await index.ApplyAsync(block.Header, 1000, SampleChain.EntriesOf(block), FirstIndex(block), default);
        }
    }

    private static ulong FirstIndex(Block block) => block.Header.LogSize - (ulong)SampleChain.EntriesOf(block).Count;

    private static EntryKey KeyOf(LedgerEntry entry) => new(entry.Session, entry.Recorder, entry.Kind);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
