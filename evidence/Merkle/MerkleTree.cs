using System.Collections.Immutable;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// An RFC 6962 tree with all its complete subtrees in memory (about 64 bytes a leaf), which proves whatever can be proved of it. For the
/// leaves of one session; to know no more than the root, <see cref="MerkleFrontier"/> is enough. Not safe for use by several threads at once.
/// </summary>
public sealed class MerkleTree
{
    // The hashes of the complete subtrees of each level, the leaf hashes first.
    private readonly List<List<Hash256>> _levels = [[]];

    public MerkleTree()
    {
    }

    /// <param name="leafHashes">Leaf hashes (<see cref="MerkleHash.Leaf"/>), in order.</param>
    public MerkleTree(params IEnumerable<Hash256> leafHashes)
    {
        foreach (var leafHash in leafHashes)
            Append(leafHash);
    }

    /// <summary>Leaves in the tree.</summary>
    public ulong Size => (ulong)_levels[0].Count;

    /// <summary>The complete subtrees, for any proof within the tree.</summary>
    public MerkleNodes Nodes => (level, index) => _levels[level][checked((int)index)];

    /// <summary>Appends a leaf, given as its hash.</summary>
    public void Append(Hash256 leafHash)
    {
        _levels[0].Add(leafHash);
        for (var level = 0; _levels[level].Count % 2 == 0; level++)
        {
            if (level + 1 == _levels.Count)
                _levels.Add([]);
            _levels[level + 1].Add(MerkleHash.Node(_levels[level][^2], _levels[level][^1]));
        }
    }

    /// <summary>The root of the whole tree; <see cref="MerkleHash.Empty"/> without leaves.</summary>
    public Hash256 Root() => Root(Size);

    /// <summary>The root that the tree had when it had <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It never had as many.</exception>
    public Hash256 Root(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return MerklePath.RangeRoot(0, size, Nodes);
    }

    /// <summary>The proof that the leaf at <paramref name="index"/> is in the whole tree.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public ImmutableArray<Hash256> ProveInclusion(ulong index) => InclusionProof.Build(index, Size, Nodes);

    /// <summary>The proof that the whole tree continues the one of <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; <paramref name="size"/> ≤ <see cref="Size"/>.</exception>
    public ImmutableArray<Hash256> ProveConsistency(ulong size) => ConsistencyProof.Build(size, Size, Nodes);
}
