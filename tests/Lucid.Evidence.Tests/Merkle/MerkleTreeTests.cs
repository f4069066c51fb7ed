using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class MerkleTreeTests
{
    [Fact]
    public void Root_AtEverySizeItHad_IsTheRootOfTheRfc()
    {
        var leaves = NaiveTree.Leaves(130);
        var tree = new MerkleTree(leaves);
        for (var size = 0; size <= leaves.Length; size++)
            Assert.Equal(NaiveTree.Root(leaves.AsSpan(0, size)), tree.Root((ulong)size));
        Assert.Equal(tree.Root(130), tree.Root());
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Root(131));
    }

    [Fact]
    public void Prove_ManyTreesFromASeed_VerifiesAgainstTheRootsOfAFrontier()
    {
        var random = new Random(20250101);
        for (var round = 0; round < 50; round++)
        {
            var leaves = NaiveTree.Leaves(random.Next(1, 2000));
            var tree = new MerkleTree(leaves);
            var frontier = new MerkleFrontier();
            var earlier = (ulong)random.Next(1, leaves.Length + 1);
            var earlierRoot = Hash256.Zero;
            foreach (var leaf in leaves)
            {
                frontier.Append(leaf);
                if (frontier.Size == earlier)
                    earlierRoot = frontier.Root();
            }
            var index = (ulong)random.Next(leaves.Length);
            Assert.True(InclusionProof.Verify(index, tree.Size, leaves[index], tree.ProveInclusion(index), frontier.Root()));
            Assert.True(ConsistencyProof.Verify(earlier, tree.Size, earlierRoot, frontier.Root(), tree.ProveConsistency(earlier)));
        }
    }
}
