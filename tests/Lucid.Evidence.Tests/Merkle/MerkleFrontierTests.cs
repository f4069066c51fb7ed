using System.Numerics;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class MerkleFrontierTests
{
    [Fact]
    public void Root_AfterEachAppend_IsTheRootOfTheRfc()
    {
        var leaves = NaiveTree.Leaves(300);
        var frontier = new MerkleFrontier();
        Assert.Equal(MerkleHash.Empty, frontier.Root());
        for (var size = 1; size <= leaves.Length; size++)
        {
            frontier.Append(leaves[size - 1]);
            Assert.Equal((ulong)size, frontier.Size);
            Assert.Equal(NaiveTree.Root(leaves.AsSpan(0, size)), frontier.Root());
            Assert.Equal(BitOperations.PopCount((uint)size), frontier.Hashes.Length);
        }
    }

    [Fact]
    public void Restore_ItsHashesAtAnySize_GoesOnAsIfNothingHappened()
    {
        var leaves = NaiveTree.Leaves(100);
        var whole = new MerkleFrontier();
        foreach (var leaf in leaves)
        {
            whole.Append(leaf);
            var restored = MerkleFrontier.Restore(whole.Size, whole.Hashes.AsSpan());
            Assert.Equal(whole.Root(), restored.Root());
            restored.Append(leaf);
            Assert.Equal(NaiveTree.Root([.. leaves.AsSpan(0, (int)whole.Size), leaf]), restored.Root());
        }
    }

    [Fact]
    public void Restore_HashesInAnotherOrder_HasAnotherRoot()
    {
        var frontier = new MerkleFrontier();
        foreach (var leaf in NaiveTree.Leaves(6))
            frontier.Append(leaf);
        Assert.NotEqual(frontier.Root(), MerkleFrontier.Restore(6, [.. frontier.Hashes.Reverse()]).Root());
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(1UL, 0)]
    [InlineData(6UL, 1)]
    [InlineData(6UL, 3)]
    [InlineData(ulong.MaxValue, 63)]
    public void Restore_AnotherNumberOfHashes_IsRefused(ulong size, int hashes) =>
        Assert.Throws<ArgumentException>(() => MerkleFrontier.Restore(size, new Hash256[hashes]));

    [Fact]
    public void Append_UpToTheLargestSize_IsCountedAndThenRefused()
    {
        // 2^64 - 2 leaves: a complete subtree of each size but one leaf.
        var hashes = Enumerable.Range(1, 63).Reverse().Select(level => UniformTree.Nodes(level, 0)).ToArray();
        var frontier = MerkleFrontier.Restore(ulong.MaxValue - 1, hashes);
        frontier.Append(UniformTree.Leaf);
        Assert.Equal(ulong.MaxValue, frontier.Size);
        Assert.Equal(UniformTree.Root(ulong.MaxValue), frontier.Root());
        Assert.Throws<InvalidOperationException>(() => frontier.Append(UniformTree.Leaf));
        Assert.Equal(UniformTree.Root(ulong.MaxValue), frontier.Root());
    }

    [Fact]
    public void Append_Always_AllocatesNothing()
    {
        var frontier = new MerkleFrontier();
        frontier.Append(UniformTree.Leaf);
        long before, after;
        int collections;
        do
        {
            (collections, before) = (GC.CollectionCount(0), GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < 10_000; i++)
                frontier.Append(UniformTree.Leaf);
            after = GC.GetAllocatedBytesForCurrentThread();
        }
        // A collection that another test causes in between counts the unused rest of this thread's allocation buffer: measured anew then.
        while (GC.CollectionCount(0) != collections);
        Assert.Equal(before, after);
    }
}
