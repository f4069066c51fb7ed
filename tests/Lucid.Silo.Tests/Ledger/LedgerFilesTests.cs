using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Silo.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Ledger;

public sealed class LedgerFilesTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Open_FirstAndAgain_IsTheSameNodeWithWhatItStored()
    {
        Hash256 network;
        byte[] note;
        using (var ledger = Open())
        {
            note = SampleChain.Checkpoint(ledger.Genesis, ledger.Keys, 0);
            network = ledger.Genesis.Network;
            Assert.Equal("node-1", ledger.Self.Name);
            Assert.Equal(0UL, ledger.Blocks.Height);
            Assert.Null(ledger.Checkpoints.Published);
            await ledger.Blocks.AppendAsync(First(ledger), default);
            await ledger.Checkpoints.PublishAsync(0, note, default);
            await ledger.Votes.SaveAsync(VoteMemory.Empty with { Height = 2 }, default);
        }
        using var again = Open();
        Assert.Equal(network, again.Genesis.Network);
        Assert.Equal((1UL, 0UL, 0UL), (again.Blocks.Height, again.Index.Height, again.Log.Size));
        Assert.Equal(note, again.Checkpoints.Published!.Note);
        Assert.Equal(2UL, again.Votes.Last.Height);
    }

    [Fact]
    public async Task Open_GenesisMissingBesideBlocks_IsRefusedAndNamed()
    {
        using (var ledger = Open())
            await ledger.Blocks.AppendAsync(First(ledger), default);
        var file = Path.Combine(_temp.Data.Ledger, "genesis");
        File.Delete(file);
        Assert.Equal(file, Assert.Throws<LedgerDamagedException>(Open).File);
    }

    [Fact]
    public async Task Open_VotesMissingBesideBlocks_LeavesALedgerThatNamesThem()
    {
        using (var ledger = Open())
            await ledger.Blocks.AppendAsync(First(ledger), default);
        File.Delete(Path.Combine(_temp.Data.Ledger, "votes"));
        AssertUnavailable(Path.Combine(_temp.Data.Ledger, "votes"));
    }

    [Fact]
    public async Task Open_BlocksGoneThoughVotedUpon_IsRefused()
    {
        using (var ledger = Open())
        {
            await ledger.Blocks.AppendAsync(First(ledger), default);
            await ledger.Votes.SaveAsync(VoteMemory.Empty with { Height = 2 }, default);
        }
        Directory.Delete(Path.Combine(_temp.Data.Ledger, "blocks"), recursive: true);
        AssertUnavailable(Path.Combine(_temp.Data.Ledger, "blocks"));
    }

    [Fact]
    public async Task Open_BlocksGoneThoughCheckpointCoversThem_IsRefused()
    {
        using (var ledger = Open())
            await ledger.Checkpoints.PublishAsync(1, SampleChain.Checkpoint(ledger.Genesis, ledger.Keys, 1), default);
        AssertUnavailable(Path.Combine(_temp.Data.Ledger, "blocks"));
    }

    [Fact]
    public void Open_LogAndIndexGone_AreMadeAgain()
    {
        Open().Dispose();
        Directory.Delete(Path.Combine(_temp.Data.Ledger, "log"), recursive: true);
        File.Delete(Path.Combine(_temp.Data.Ledger, "index.db"));
        using var again = Open();
        Assert.Equal((0UL, 0UL), (again.Log.Size, again.Index.Height));
    }

    [Fact]
    public async Task Candidates_KeptAndForgotten_ByHeight()
    {
        var candidates = CandidateFiles.Open(_temp.Data.Ledger, NullLogger.Instance);
        await candidates.KeepAsync(7, Hash256.Of("a"u8), "content a"u8.ToArray(), default);
        await candidates.KeepAsync(7, Hash256.Of("b"u8), "content b"u8.ToArray(), default);
        await candidates.KeepAsync(7, Hash256.Of("b"u8), "content b"u8.ToArray(), default);
        await candidates.KeepAsync(8, Hash256.Of("c"u8), "content c"u8.ToArray(), default);
        candidates = CandidateFiles.Open(_temp.Data.Ledger, NullLogger.Instance);
        Assert.Equal(2, (await candidates.ReadAsync(7, default)).Count);
        candidates.Forget(7);
        Assert.Empty(await candidates.ReadAsync(7, default));
        Assert.Equal("content c"u8.ToArray(), Assert.Single(await candidates.ReadAsync(8, default)).ToArray());
    }

    [Fact]
    public async Task Candidates_Damaged_IsPutAside()
    {
        var candidates = CandidateFiles.Open(_temp.Data.Ledger, NullLogger.Instance);
        await candidates.KeepAsync(7, Hash256.Of("a"u8), "content a"u8.ToArray(), default);
        var file = Directory.GetFiles(_temp.Data.Ledger).Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);
        Assert.Empty(await candidates.ReadAsync(7, default));
        Assert.Equal([file + ".damaged"], Directory.GetFiles(_temp.Data.Ledger));
    }

    private LedgerFiles Open() => LedgerFiles.Open(_temp.Data, new GenesisRequest(), TimeProvider.System, NullLogger.Instance);

    private void AssertUnavailable(string file)
    {
        using var ledger = Open();
        Assert.Equal("node-1", ledger.Self.Name);
        Assert.Contains(file, Assert.Throws<LedgerDamagedException>(() => ledger.Votes.Last).Message, StringComparison.Ordinal);
        Assert.Contains(file, Assert.Throws<LedgerDamagedException>(() => ledger.Blocks.Height).Message, StringComparison.Ordinal);
    }

    private static Block First(LedgerFiles ledger)
    {
        var header = new BlockHeader(
            ledger.Genesis.Network, 1, ledger.Genesis.Network, ledger.Genesis.TimeMs + 1, ledger.Self.Identity, 0, MerkleHash.Empty, 0,
            MerkleHash.Empty, Hash256.Zero, ledger.Genesis.Validators.Hash, ledger.Genesis.Validators.Hash, ledger.Genesis.Parameters.Hash);
        var vote = new Vote(VoteKind.Precommit, header.Network, 1, 0, header.Id());
        return new Block(header, [], new CommitCertificate(header.Network, 1, 0, header.Id(), [SignedVote.Sign(vote, 0, ledger.Keys.Identity).Signature]));
    }
}
