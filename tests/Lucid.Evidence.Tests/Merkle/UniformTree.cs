using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

/// <summary>The tree whose leaves are all the same: its 64 kinds of complete subtree suffice for any size.</summary>
internal static class UniformTree
{
    private static readonly Hash256[] Levels = Build();

    public static Hash256 Leaf => Levels[0];

    public static MerkleNodes Nodes => (level, _) => Levels[level];

    /// <summary>The root, by the RFC's own recursion over the largest power of two below the size.</summary>
    public static Hash256 Root(ulong size)
    {
        var k = 1UL << (63 - System.Numerics.BitOperations.LeadingZeroCount(size));
        var left = Levels[System.Numerics.BitOperations.TrailingZeroCount(k)];
        return size == k ? left : MerkleHash.Node(left, Root(size - k));
    }

    private static Hash256[] Build()
    {
        var levels = new Hash256[64];
        levels[0] = MerkleHash.Leaf("same"u8);
        for (var level = 1; level < levels.Length; level++)
            levels[level] = MerkleHash.Node(levels[level - 1], levels[level - 1]);
        return levels;
    }
}
