using System.Collections.Immutable;
using System.Numerics;

namespace Lucid.Evidence.Merkle;

/// <summary>The walk from one node to the root that inclusion and consistency proofs have in common (RFC 6962, sections 2.1.1 and 2.1.2).</summary>
internal static class MerklePath
{
    /// <summary>
    /// Appends the siblings on the way from the subtree of 2^<paramref name="level"/> leaves that holds leaf <paramref name="leaf"/> up
    /// to the root of the tree of <paramref name="size"/> leaves, lowest first.
    /// </summary>
    public static void Append(ImmutableArray<Hash256>.Builder path, ulong leaf, int level, ulong size, MerkleNodes nodes)
    {
        // Below this level the way still differs from that of the last leaf. There every sibling exists, and all are complete but
        // the topmost, to whose right the tree ends. From this level up we walk along the right edge: only left siblings exist.
        var inner = 64 - BitOperations.LeadingZeroCount(leaf ^ (size - 1));
        for (; level < inner - 1; level++)
            path.Add(nodes(level, (leaf >> level) ^ 1));
        for (; level < 64; level++)
        {
            var isRight = ((leaf >> level) & 1) == 1;
            if (isRight)
                path.Add(nodes(level, (leaf >> level) - 1));
            else if (level == inner - 1)
                path.Add(RangeRoot(((leaf >> level) + 1) << level, size, nodes));
        }
    }

    /// <summary>The root over the leaves from <paramref name="start"/> to before <paramref name="end"/>, where the tree ends.</summary>
    /// <param name="start">A multiple of the smallest power of two that is at least <paramref name="end"/> - <paramref name="start"/>.</param>
    public static Hash256 RangeRoot(ulong start, ulong end, MerkleNodes nodes)
    {
        if (start == end)
            return MerkleHash.Empty;
        Hash256? root = null;
        // From the right: the smallest complete subtree first, each one then the left sibling of all that came before.
        for (var rest = end - start; rest != 0; rest &= rest - 1)
        {
            var level = BitOperations.TrailingZeroCount(rest);
            var left = nodes(level, (end >> level) - 1);
            root = root is { } right ? MerkleHash.Node(left, right) : left;
            end -= 1UL << level;
        }
        return root!.Value;
    }
}
