using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;

namespace Lucid.Grains.Audit;

/// <summary>
/// The tree over an audit log with 32 bytes in memory for each 256 records, and the leaves of the last, unfinished tile. A proof reads the leaves of
/// one tile besides, or of two. Pure.
/// </summary>
internal sealed class AuditTree
{
    private const int TileSize = AuditTile.Records;
    private const int TileLevel = AuditTile.Level;

    private readonly List<Hash256> _tiles = [];
    private readonly List<Hash256> _leaves = [];

    public long Size => ((long)_tiles.Count * TileSize) + _leaves.Count;

    /// <summary>Full tiles.</summary>
    public int Tiles => _tiles.Count;

    /// <summary>Appends a full tile where the last one is full.</summary>
    public void AppendTile(Hash256 root) => _tiles.Add(root);

    /// <summary>Appends a leaf; where it fills a tile, answers that tile's root.</summary>
    public Hash256? Append(Hash256 leaf)
    {
        _leaves.Add(leaf);
        if (_leaves.Count < TileSize)
            return null;
        var root = Over(_leaves, 0, TileSize);
        _leaves.Clear();
        _tiles.Add(root);
        return root;
    }

    /// <summary>Whether the tree has these leaves there.</summary>
    /// <param name="first">Where a tile begins.</param>
    /// <param name="leaves">Those of a full tile; or at least those of the last one, which is not full.</param>
    public bool Has(long first, IReadOnlyList<Hash256> leaves) => first / TileSize < _tiles.Count
        ? leaves.Count == TileSize && Over(leaves, 0, TileSize) == _tiles[(int)(first / TileSize)]
        : leaves.Take(_leaves.Count).SequenceEqual(_leaves);

    /// <summary>The root over the first <paramref name="size"/> records; of one that ends within a full tile, that tile's leaves are needed.</summary>
    public Hash256 Root(long size, ImmutableDictionary<long, ImmutableArray<Hash256>>? leaves = null) =>
        MerkleFrontier.Of((ulong)size, Nodes(leaves)).Root();

    /// <param name="leaves">The leaves of the tiles that <see cref="Needs"/> names.</param>
    public ImmutableArray<Hash256> Prove(long index, long size, ImmutableDictionary<long, ImmutableArray<Hash256>> leaves) =>
        InclusionProof.Build((ulong)index, (ulong)size, Nodes(leaves));

    /// <summary>The full tiles whose leaves a proof of that record in a log of that size needs: its own, and the one that the log then ended in.</summary>
    public IEnumerable<long> Needs(long index, long size) =>
        ((long[])[index / TileSize, size / TileSize]).Distinct().Where(tile => tile < _tiles.Count);

    private MerkleNodes Nodes(ImmutableDictionary<long, ImmutableArray<Hash256>>? leaves) => (level, index) =>
    {
        if (level >= TileLevel)
        {
            var width = 1 << (level - TileLevel);
            return Over(_tiles, checked((int)index * width), width);
        }
        var first = (long)index << level;
        var tile = first / TileSize;
        IReadOnlyList<Hash256> of = tile == _tiles.Count ? _leaves : leaves![tile];
        return Over(of, (int)(first % TileSize), 1 << level);
    };

    private static Hash256 Over(IReadOnlyList<Hash256> hashes, int first, int count)
    {
        var tree = new MerkleFrontier();
        for (var i = first; i < first + count; i++)
            tree.Append(hashes[i]);
        return tree.Root();
    }
}
