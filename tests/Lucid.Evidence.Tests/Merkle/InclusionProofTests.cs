using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class InclusionProofTests
{
    [Fact]
    public void Build_EveryIndexOfEverySizeUpTo70_IsThePathOfTheRfcAndVerifies()
    {
        var all = NaiveTree.Leaves(70);
        for (var size = 1; size <= all.Length; size++)
        {
            var leaves = all[..size];
            var root = NaiveTree.Root(leaves);
            for (var index = 0; index < size; index++)
            {
                var proof = InclusionProof.Build((ulong)index, (ulong)size, NaiveTree.Nodes(leaves));
                Assert.Equal(NaiveTree.Path(index, leaves), proof);
                Assert.True(InclusionProof.Verify((ulong)index, (ulong)size, leaves[index], proof, root));
            }
        }
    }

    [Fact]
    public void Verify_AnyPartAltered_IsNotValid()
    {
        var random = new Random(6962);
        for (var round = 0; round < 200; round++)
        {
            var leaves = NaiveTree.Leaves(random.Next(2, 300));
            var (index, size) = ((ulong)random.Next(leaves.Length), (ulong)leaves.Length);
            var leaf = leaves[index];
            var root = NaiveTree.Root(leaves);
            Hash256[] proof = [.. InclusionProof.Build(index, size, NaiveTree.Nodes(leaves))];
            var at = random.Next(proof.Length);
            Hash256[] wrong = [.. proof];
            wrong[at] = Hash256.Of("wrong"u8);

            Assert.False(InclusionProof.Verify(index, size, leaf, wrong, root));
            Assert.False(InclusionProof.Verify(index, size, leaf, [.. proof[..at], .. proof[(at + 1)..]], root));
            Assert.False(InclusionProof.Verify(index, size, leaf, [.. proof, root], root));
            Assert.False(InclusionProof.Verify(index, size, leaf, [leaf, .. proof], root));
            Assert.False(InclusionProof.Verify(index, size, root, proof, root));
            Assert.False(InclusionProof.Verify(index, size, leaf, proof, leaf));
            Assert.False(InclusionProof.Verify(index ^ 1, size, leaf, proof, root));
            Assert.False(InclusionProof.Verify(index + size, size, leaf, proof, root));
        }
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(1UL, 1UL)]
    [InlineData(ulong.MaxValue, 1UL)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void Verify_IndexBeyondTheSize_IsNotValid(ulong index, ulong size)
    {
        Assert.False(InclusionProof.Verify(index, size, Hash256.Zero, [], Hash256.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => InclusionProof.Build(index, size, (_, _) => Hash256.Zero));
    }

    // Trees whose leaves are all the same have few different subtrees, so that even the largest can be computed.
    [Theory]
    [InlineData(0UL, ulong.MaxValue)]
    [InlineData(1UL, (1UL << 63) + 1)]
    [InlineData(1UL << 63, (1UL << 63) + 1)]
    [InlineData((1UL << 63) - 1, 1UL << 63)]
    [InlineData(0x8000_0000_0000_0000UL, ulong.MaxValue)]
    [InlineData(0x1234_5678_9abc_def0UL, 0xfedc_ba98_7654_3210UL)]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue)]
    public void Build_SizesUpTo64Bits_VerifiesAndHasAtMost64Hashes(ulong index, ulong size)
    {
        var nodes = UniformTree.Nodes;
        var proof = InclusionProof.Build(index, size, nodes);
        Assert.InRange(proof.Length, 1, 64);
        Assert.True(InclusionProof.Verify(index, size, UniformTree.Leaf, proof, UniformTree.Root(size)));
        Assert.False(InclusionProof.Verify(index, size, UniformTree.Leaf, proof[1..], UniformTree.Root(size)));
    }
}
