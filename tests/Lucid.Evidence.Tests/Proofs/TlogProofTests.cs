using System.Text;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Tests.Merkle;

namespace Lucid.Evidence.Tests.Proofs;

public sealed class TlogProofTests
{
    private const string Note =
        "example.com/log\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/log AAAAAAE=\n";

    private const string Hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";

    private static readonly NoteSigner Signer = new("lucid.example/log", new Ed25519PrivateKey([.. Enumerable.Repeat((byte)9, 32)]));

    [Theory]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 18446744073709551615\n" + Hash + Hash + "\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n" + Hash + "\n" + Note)]
    public void Encode_AfterParse_IsTheSameBytes(string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(TlogProof.Parse(Encoding.UTF8.GetBytes(text)).Encode()));

    [Theory]
    [InlineData("")]
    [InlineData(Note)]
    [InlineData("c2sp.org/tlog-proof@v2\nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 00\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex +1\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex \n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex  1\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 1 \n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\nextra YWdl\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra YWdm=\nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra YWdl\nextra YWdl\nindex 0\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\nYWdl\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\n\n" + Note)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\n" + Note + "\n")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\nno checkpoint\n\n— example.com/log AAAAAAE=\n")]
    [InlineData("c2sp.org/tlog-proof@v1\r\nindex 0\n\n" + Note)]
    public void Parse_NotAProof_IsRefused(string text) =>
        Assert.Throws<MalformedException>(() => TlogProof.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parse_MoreHashesThanAnyTreeNeeds_IsRefused()
    {
        string Proof(int hashes) => $"c2sp.org/tlog-proof@v1\nindex 0\n{string.Concat(Enumerable.Repeat(Hash, hashes))}\n{Note}";
        Assert.Equal(64, TlogProof.Parse(Encoding.UTF8.GetBytes(Proof(64))).Proof.Length);
        Assert.Throws<MalformedException>(() => TlogProof.Parse(Encoding.UTF8.GetBytes(Proof(65))));
    }

    [Fact]
    public void VerifyInclusion_OfEachLeaf_HoldsForItAndForNoOther()
    {
        var leaves = NaiveTree.Leaves(13);
        for (var index = 0; index < leaves.Length; index++)
        {
            var proof = TlogProof.Parse(Proof(leaves, index).Encode());
            Assert.True(proof.Note.Verify(Signer.VerifierKey).Accepted);
            for (var other = 0; other < leaves.Length; other++)
                Assert.Equal(other == index, proof.VerifyInclusion(leaves[other]));
        }
    }

    [Fact]
    public void Verify_EveryByteAltered_FailsSomewhere()
    {
        var leaves = NaiveTree.Leaves(13);
        var bytes = Proof(leaves, 6).Encode();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var altered = bytes.ToArray();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Holds(altered, leaves[6]), $"bit {bit}");
        }
        Assert.True(Holds(bytes, leaves[6]));
    }

    private static TlogProof Proof(Hash256[] leaves, int index)
    {
        var tree = new MerkleTree(leaves);
        var note = Signer.SignNote(new Checkpoint("lucid.example/log", tree.Size, tree.Root()).ToText());
        return new TlogProof((ulong)index, tree.ProveInclusion((ulong)index), note);
    }

    private static bool Holds(byte[] bytes, Hash256 leafHash)
    {
        try
        {
            var proof = TlogProof.Parse(bytes);
            return proof.Index == 6 && proof.VerifyInclusion(leafHash) && proof.Note.Verify(Signer.VerifierKey).Accepted;
        }
        catch (MalformedException)
        {
            return false;
        }
    }
}
