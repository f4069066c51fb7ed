using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Silo.Ledger;

namespace Lucid.Silo.Tests.Ledger;

public sealed class VoteFileTests : IDisposable
{
    private const int CopySize = TwinFile.CopySize;

    private readonly TempFolder _temp = new();

    private string FilePath => Path.Combine(_temp.Data.Root, "votes");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Save_ThenOpen_IsTheLastVote()
    {
        using (var votes = VoteFile.Open(FilePath, mayCreate: true))
        {
            Assert.Equal(VoteMemory.Empty, votes.Last);
            for (var height = 1UL; height < 6; height++)
                await votes.SaveAsync(Vote(height), default);
        }
        using var again = VoteFile.Open(FilePath, mayCreate: false);
        Assert.Equal(Vote(5), again.Last);
    }

    [Fact]
    public async Task Save_WithThePrevotesOfTheLargestNetwork_Fits()
    {
        var vote = Vote(3) with { Valid = Prevoted(ValidatorSet.MaxCount) };
        using (var votes = VoteFile.Open(FilePath, mayCreate: true))
            await votes.SaveAsync(vote, default);
        using var again = VoteFile.Open(FilePath, mayCreate: false);
        Assert.Equal(vote, again.Last);
    }

    [Fact]
    public async Task Save_WhatContradictsTheLast_IsRefusedAndNotSaved()
    {
        using (var votes = VoteFile.Open(FilePath, mayCreate: true))
        {
            await votes.SaveAsync(Vote(5), default);
            await Assert.ThrowsAsync<InvalidOperationException>(() => votes.SaveAsync(Vote(5) with { Prevote = Hash256.Of("other"u8) }, default));
            await Assert.ThrowsAsync<InvalidOperationException>(() => votes.SaveAsync(Vote(4), default));
            Assert.Equal(Vote(5), votes.Last);
        }
        using var again = VoteFile.Open(FilePath, mayCreate: false);
        Assert.Equal(Vote(5), again.Last);
    }

    [Fact]
    public async Task Open_AnyByteOfOneCopyWrong_StillKnowsTheLastVoteAndMendsTheCopy()
    {
        await SaveAsync(7);
        var whole = File.ReadAllBytes(FilePath);
        var used = 16 + Vote(7).Encode().Length;
        foreach (var at in Enumerable.Range(0, used).Concat(Enumerable.Range(CopySize, used)))
        {
            var damaged = whole.AsSpan().ToArray();
            damaged[at] ^= 0x10;
            File.WriteAllBytes(FilePath, damaged);
            using (var votes = VoteFile.Open(FilePath, mayCreate: false))
                Assert.Equal(Vote(7), votes.Last);
            AssertCopiesAreOne();
        }
    }

    [Fact]
    public async Task Open_CrashBetweenTheCopies_KnowsTheNewerAndWritesItTwice()
    {
        await SaveAsync(7);
        var older = File.ReadAllBytes(FilePath);
        await SaveAsync(8);
        var newer = File.ReadAllBytes(FilePath);
        foreach (var torn in new byte[][] { [.. newer[..CopySize], .. older[CopySize..]], [.. older[..CopySize], .. newer[CopySize..]] })
        {
            File.WriteAllBytes(FilePath, torn);
            using (var votes = VoteFile.Open(FilePath, mayCreate: false))
                Assert.Equal(Vote(8), votes.Last);
            AssertCopiesAreOne();
        }
    }

    [Fact]
    public async Task Open_BothCopiesWrong_IsRefusedAndLeft()
    {
        await SaveAsync(7);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[20] ^= 1;
        bytes[CopySize + 20] ^= 1;
        File.WriteAllBytes(FilePath, bytes);
        var damage = Assert.Throws<LedgerDamagedException>(() => VoteFile.Open(FilePath, mayCreate: true));
        Assert.Equal(FilePath, damage.File);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public async Task Open_CutShort_ReadsTheFirstCopy()
    {
        await SaveAsync(7);
        File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..CopySize]);
        using (var votes = VoteFile.Open(FilePath, mayCreate: false))
            Assert.Equal(Vote(7), votes.Last);
        AssertCopiesAreOne();
    }

    [Fact]
    public void Open_MissingThoughThereWereVotes_IsRefused() =>
        Assert.Throws<LedgerDamagedException>(() => VoteFile.Open(FilePath, mayCreate: false));

    private async Task SaveAsync(ulong height)
    {
        using var votes = VoteFile.Open(FilePath, mayCreate: true);
        await votes.SaveAsync(Vote(height), default);
    }

    private void AssertCopiesAreOne()
    {
        var bytes = File.ReadAllBytes(FilePath);
        var used = 16 + Vote(7).Encode().Length;
        Assert.Equal(bytes[..used], bytes[CopySize..(CopySize + used)]);
    }

    private static VoteMemory Vote(ulong height) => new(
        height, 2, Hash256.Of("p"u8), Hash256.Of("v"u8), null, new RoundBlock(1, Hash256.Of("l"u8)), Prevoted(1));

    private static Polka Prevoted(int validators) => new(
        1, Hash256.Of("l"u8), [.. Enumerable.Range(0, validators).Select(index => new IndexedSignature(index, new byte[64]))]);
}
