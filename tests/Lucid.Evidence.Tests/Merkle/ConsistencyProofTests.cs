using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class ConsistencyProofTests
{
    [Fact]
    public void Build_EveryPairOfSizesUpTo40_IsTheProofOfTheRfcAndVerifies()
    {
        var all = NaiveTree.Leaves(40);
        for (var size2 = 1; size2 <= all.Length; size2++)
        {
            var leaves = all[..size2];
            for (var size1 = 1; size1 <= size2; size1++)
            {
                var proof = ConsistencyProof.Build((ulong)size1, (ulong)size2, NaiveTree.Nodes(leaves));
                Assert.Equal(NaiveTree.Consistency(size1, leaves), proof);
                Assert.True(ConsistencyProof.Verify(
                    (ulong)size1, (ulong)size2, NaiveTree.Root(leaves.AsSpan(0, size1)), NaiveTree.Root(leaves), proof));
            }
        }
    }

    [Fact]
    public void Verify_AnyPartAltered_IsNotValid()
    {
        var random = new Random(9162);
        for (var round = 0; round < 200; round++)
        {
            var leaves = NaiveTree.Leaves(random.Next(2, 300));
            var (size1, size2) = ((ulong)random.Next(1, leaves.Length), (ulong)leaves.Length);
            var (root1, root2) = (NaiveTree.Root(leaves.AsSpan(0, (int)size1)), NaiveTree.Root(leaves));
            Hash256[] proof = [.. ConsistencyProof.Build(size1, size2, NaiveTree.Nodes(leaves))];
            var at = random.Next(proof.Length);
            Hash256[] wrong = [.. proof];
            wrong[at] = Hash256.Of("wrong"u8);

            Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, wrong));
            Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, [.. proof[..at], .. proof[(at + 1)..]]));
            Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, [.. proof, root1]));
            Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, [root1, .. proof]));
            Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, []));
            Assert.False(ConsistencyProof.Verify(size1, size2, root2, root1, proof));
            Assert.False(ConsistencyProof.Verify(size2, size1, root2, root1, proof));
            Assert.False(ConsistencyProof.Verify(size1, size1, root1, root1, proof));
        }
    }

    // The history is rewritten at one leaf, and the log builds the best proof that it can from the new tree.
    [Fact]
    public void Verify_EarlierLeafReplaced_IsNotValid()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var before = NaiveTree.Leaves(random.Next(1, 100));
            Hash256[] after = [.. before, .. NaiveTree.Leaves(random.Next(1, 100))];
            after[random.Next(before.Length)] = Hash256.Of("rewritten"u8);
            var (size1, size2) = ((ulong)before.Length, (ulong)after.Length);
            var proof = ConsistencyProof.Build(size1, size2, NaiveTree.Nodes(after));
            Assert.False(ConsistencyProof.Verify(size1, size2, NaiveTree.Root(before), NaiveTree.Root(after), proof));
        }
    }

    [Fact]
    public void Build_FromSizeZeroOrBackwards_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Build(0, 1, UniformTree.Nodes));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Build(0, 0, UniformTree.Nodes));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Build(2, 1, UniformTree.Nodes));
    }

    [Fact]
    public void Verify_FromSizeZero_IsNotValid()
    {
        var root = UniformTree.Root(8);
        Assert.False(ConsistencyProof.Verify(0, 0, MerkleHash.Empty, MerkleHash.Empty, []));
        Assert.False(ConsistencyProof.Verify(0, 8, MerkleHash.Empty, root, []));
        Assert.False(ConsistencyProof.Verify(0, 8, MerkleHash.Empty, root, [root]));
        Assert.False(ConsistencyProof.Verify(0, ulong.MaxValue, MerkleHash.Empty, root, [root]));
    }

    [Theory]
    [InlineData(1UL, ulong.MaxValue)]
    [InlineData(1UL << 63, ulong.MaxValue)]
    [InlineData((1UL << 63) - 1, 1UL << 63)]
    [InlineData((1UL << 63) + 1, ulong.MaxValue)]
    [InlineData(0x1234_5678_9abc_def0UL, 0xfedc_ba98_7654_3210UL)]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue)]
    public void Build_SizesUpTo64Bits_Verifies(ulong size1, ulong size2)
    {
        var proof = ConsistencyProof.Build(size1, size2, UniformTree.Nodes);
        var (root1, root2) = (UniformTree.Root(size1), UniformTree.Root(size2));
        Assert.InRange(proof.Length, 1, 65);
        Assert.True(ConsistencyProof.Verify(size1, size2, root1, root2, proof));
        Assert.False(ConsistencyProof.Verify(size1, size2, root1, root2, proof[1..]));
        Assert.False(ConsistencyProof.Verify(size1 - 1, size2, root1, root2, proof));
    }
}
