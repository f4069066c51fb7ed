using System.Collections.Immutable;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// That a leaf stands at an index of a tree: the hashes beside the way from the leaf to the root, lowest first (RFC 6962, section 2.1.1;
/// verified as RFC 9162, section 2.1.3.2). At most 64 hashes.
/// </summary>
public static class InclusionProof
{
    /// <summary>The proof for the leaf at <paramref name="index"/> in the tree of <paramref name="size"/> leaves.</summary>
    /// <param name="nodes">The complete subtrees of that tree.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static ImmutableArray<Hash256> Build(ulong index, ulong size, MerkleNodes nodes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = ImmutableArray.CreateBuilder<Hash256>();
        MerklePath.Append(path, index, 0, size, nodes);
        return path.DrainToImmutable();
    }

    /// <summary>
    /// Whether the leaf with this hash stands at <paramref name="index"/> of the tree with this size and root. An index beyond the size
    /// and a proof that is too short or too long are simply not valid.
    /// </summary>
    public static bool Verify(ulong index, ulong size, Hash256 leafHash, IReadOnlyList<Hash256> proof, Hash256 root) =>
        RootFrom(index, size, leafHash, proof) == root;

    /// <summary>
    /// The root that the tree must have if the proof is right; null if no tree of this size has a proof of this length for this index.
    /// </summary>
    public static Hash256? RootFrom(ulong index, ulong size, Hash256 leafHash, IReadOnlyList<Hash256> proof)
    {
        if (index >= size)
            return null;
        // The node on our way and the last node of the same level.
        var (node, last) = (index, size - 1);
        var root = leafHash;
        for (var i = 0; i < proof.Count; i++)
        {
            if (last == 0)
                return null;
            if ((node & 1) == 1 || node == last)
            {
                root = MerkleHash.Node(proof[i], root);
                // A node without a right sibling stands unchanged for its parent, up to where it is a right child.
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                root = MerkleHash.Node(root, proof[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 ? root : null;
    }
}
