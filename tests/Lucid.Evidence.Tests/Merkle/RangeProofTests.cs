using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class RangeProofTests
{
    private const int Largest = 40;

    [Fact]
    public void EveryRange_OfEveryTree_GivesTheRoot_AndAnyOtherLeafDoesNot()
    {
        for (var size = 1; size <= Largest; size++)
        {
            var leaves = Leaves(size);
            var tree = new MerkleTree(leaves);
            for (var first = 0; first < size; first++)
            {
                for (var last = first; last < size; last++)
                {
                    var range = leaves[first..(last + 1)];
                    Assert.Equal(tree.Root(), Root(tree, size, first, range));
                    range[(first + last) % range.Length] = Hash256.Of("another"u8);
                    Assert.NotEqual(tree.Root(), Root(tree, size, first, range));
                }
            }
        }
    }

    [Fact]
    public void Proofs_OfAnotherForm_GiveNone()
    {
        var leaves = Leaves(5);
        var tree = new MerkleTree(leaves);
        var (first, last) = (tree.ProveInclusion(1), tree.ProveInclusion(3));
        Assert.Null(RangeProof.RootFrom(1, leaves[1..4], 5, [.. first, Hash256.Zero], last));
        Assert.Null(RangeProof.RootFrom(1, leaves[1..4], 5, first, [.. last.Skip(1)]));
        Assert.Null(RangeProof.RootFrom(1, [], 5, first, last));
        Assert.Null(RangeProof.RootFrom(5, leaves[1..4], 5, first, last));
        Assert.Null(RangeProof.RootFrom(3, leaves[1..4], 5, first, last));
        Assert.Null(RangeProof.RootFrom(ulong.MaxValue, leaves[1..4], ulong.MaxValue, first, last));
    }

    /// <summary>The proofs of each tell of its own place, so those of other leaves are none.</summary>
    [Fact]
    public void Proofs_OfOtherLeaves_AreNone()
    {
        var leaves = Leaves(8);
        var tree = new MerkleTree(leaves);
        Assert.NotEqual(tree.Root(), RangeProof.RootFrom(2, leaves[2..5], 8, tree.ProveInclusion(3), tree.ProveInclusion(4)));
        Assert.NotEqual(tree.Root(), RangeProof.RootFrom(2, leaves[2..5], 8, tree.ProveInclusion(2), tree.ProveInclusion(6)));
    }

    private static Hash256? Root(MerkleTree tree, int size, int first, Hash256[] range) => RangeProof.RootFrom(
        (ulong)first, range, (ulong)size, tree.ProveInclusion((ulong)first), tree.ProveInclusion((ulong)(first + range.Length - 1)));

    private static Hash256[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => Hash256.Of([(byte)i]))];
}
