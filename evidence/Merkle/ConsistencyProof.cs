using System.Collections.Immutable;
using System.Numerics;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// That a tree only grew: its first leaves are exactly those of an earlier tree (RFC 6962, section 2.1.2; verified as RFC 9162, section
/// 2.1.4.2). At most 65 hashes. Any tree continues the empty one, so from size 0 there is nothing to prove, and no proof is built or
/// accepted.
/// </summary>
public static class ConsistencyProof
{
    /// <summary>The proof from the tree of <paramref name="size1"/> leaves to that of <paramref name="size2"/>; empty if they are equal.</summary>
    /// <param name="nodes">The complete subtrees of the larger tree.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; <paramref name="size1"/> ≤ <paramref name="size2"/>.</exception>
    public static ImmutableArray<Hash256> Build(ulong size1, ulong size2, MerkleNodes nodes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size1, size2);
        if (size1 == size2)
            return [];
        // The largest complete subtree at the end of the earlier tree is where the two begin to differ. Its hash leads the proof,
        // unless it is the whole earlier tree, whose root the verifier has.
        var level = BitOperations.TrailingZeroCount(size1);
        var proof = ImmutableArray.CreateBuilder<Hash256>();
        if (!BitOperations.IsPow2(size1))
            proof.Add(nodes(level, (size1 >> level) - 1));
        MerklePath.Append(proof, size1 - 1, level, size2, nodes);
        return proof.DrainToImmutable();
    }

    /// <summary>
    /// Whether the tree with the second size and root continues the one with the first. Equal sizes are consistent if the roots are
    /// equal and the proof is empty. From size 0, also to size 0, nothing is valid.
    /// </summary>
    public static bool Verify(ulong size1, ulong size2, Hash256 root1, Hash256 root2, IReadOnlyList<Hash256> proof)
    {
        if (size1 == 0 || size1 > size2)
            return false;
        if (size1 == size2)
            return proof.Count == 0 && root1 == root2;
        if (proof.Count == 0)
            return false;
        // The node on our way and the last node of the same level, from where the earlier tree's last complete subtree stands.
        var level = BitOperations.TrailingZeroCount(size1);
        var (node, last) = ((size1 - 1) >> level, (size2 - 1) >> level);
        var leads = !BitOperations.IsPow2(size1);
        var first = leads ? proof[0] : root1;
        var second = first;
        for (var i = leads ? 1 : 0; i < proof.Count; i++)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                first = MerkleHash.Node(proof[i], first);
                second = MerkleHash.Node(proof[i], second);
                // A node without a right sibling stands unchanged for its parent, up to where it is a right child.
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                second = MerkleHash.Node(second, proof[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && first == root1 && second == root2;
    }
}
