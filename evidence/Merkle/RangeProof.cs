using System.Numerics;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// That leaves stand beside each other at an index of a tree, all of them: the inclusion proofs of the first and of the last have every hash
/// beside the range. Pure.
/// </summary>
public static class RangeProof
{
    /// <summary>The root that the tree must have if the leaves stand there; null where the proofs are none of theirs in such a tree.</summary>
    /// <param name="first">The index of the first leaf.</param>
    /// <param name="leaves">Leaf hashes in order, at least one.</param>
    /// <param name="size">Leaves of the tree.</param>
    /// <param name="ofFirst">The inclusion proof of the first of them.</param>
    /// <param name="ofLast">That of the last.</param>
    public static Hash256? RootFrom(ulong first, IReadOnlyList<Hash256> leaves, ulong size, IReadOnlyList<Hash256> ofFirst, IReadOnlyList<Hash256> ofLast)
    {
        if (leaves.Count == 0 || first >= size || (ulong)leaves.Count > size - first)
            return null;
        var last = first + (ulong)leaves.Count - 1;
        // From above: in this order the left ones are come to. The right ones are come to from below, as a proof has them.
        if (Beside(first, size, ofFirst, onTheLeft: true) is not { } left || Beside(last, size, ofLast, onTheLeft: false) is not { } right)
            return null;
        left.Reverse();
        var (nextLeft, nextRight) = (0, 0);
        var root = Root(0, size);
        // Above, each proof gave one of its sides; the other one has to be right, too.
        return InclusionProof.RootFrom(first, size, leaves[0], ofFirst) == root && InclusionProof.RootFrom(last, size, leaves[^1], ofLast) == root ? root : null;

        Hash256 Root(ulong start, ulong count)
        {
            if (start + count <= first)
                return left[nextLeft++];
            if (start > last)
                return right[nextRight++];
            if (count == 1)
                return leaves[(int)(start - first)];
            var half = Half(count);
            var node = Root(start, half);
            return MerkleHash.Node(node, Root(start + half, count - half));
        }
    }

    /// <summary>Those hashes of an inclusion proof that stand on one side of the way, lowest first; null where it has not as many as the way has nodes.</summary>
    private static List<Hash256>? Beside(ulong index, ulong size, IReadOnlyList<Hash256> proof, bool onTheLeft)
    {
        var isLeft = new List<bool>();
        for (var count = size; count > 1;)
        {
            var half = Half(count);
            isLeft.Add(index >= half);
            (index, count) = index >= half ? (index - half, count - half) : (index, half);
        }
        if (isLeft.Count != proof.Count)
            return null;
        isLeft.Reverse();
        return [.. proof.Where((_, level) => isLeft[level] == onTheLeft)];
    }

    /// <summary>The leaves of a tree's left half: the largest power of two below its size (RFC 6962, section 2.1).</summary>
    private static ulong Half(ulong count) => 1UL << (63 - BitOperations.LeadingZeroCount(count - 1));
}
