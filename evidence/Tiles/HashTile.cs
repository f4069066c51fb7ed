using System.Collections.Immutable;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tiles;

/// <summary>Gives the hashes of tile <paramref name="index"/> of a level: all that it has in the tree at hand.</summary>
public delegate ImmutableArray<Hash256> HashTiles(int level, ulong index);

/// <summary>What is in a tile: the hashes one after the other, 32 bytes each; and the tree that tiles make.</summary>
public static class HashTile
{
    /// <summary>The bytes of the tile at <paramref name="path"/>.</summary>
    /// <param name="nodes">The complete subtrees of the tree.</param>
    /// <exception cref="ArgumentException">The path is that of an entry bundle, or of a level that no tree has.</exception>
    public static byte[] Write(TilePath path, MerkleNodes nodes)
    {
        if (path.IsEntries || path.Level >= TileLayout.Levels)
            throw new ArgumentException($"{path} is no tile of a tree's hashes.", nameof(path));
        var bytes = new byte[path.Width * Hash256.Size];
        for (var i = 0; i < path.Width; i++)
            nodes(8 * path.Level, (path.Index * TilePath.FullWidth) + (ulong)i).CopyTo(bytes.AsSpan(i * Hash256.Size));
        return bytes;
    }

    /// <summary>Reads the hashes of a tile that has <paramref name="width"/> of them.</summary>
    /// <exception cref="MalformedException">Another number of bytes.</exception>
    public static ImmutableArray<Hash256> Parse(ReadOnlySpan<byte> bytes, int width)
    {
        if (bytes.Length != width * Hash256.Size)
            throw new MalformedException("tile", $"{bytes.Length} bytes; {width} hashes have {width * Hash256.Size}");
        var hashes = ImmutableArray.CreateBuilder<Hash256>(width);
        for (var i = 0; i < width; i++)
            hashes.Add(new Hash256(bytes.Slice(i * Hash256.Size, Hash256.Size)));
        return hashes.MoveToImmutable();
    }

    /// <summary>The complete subtrees of the tree that is stored in tiles; what proofs are built from.</summary>
    public static MerkleNodes Nodes(HashTiles tiles) => (level, index) =>
    {
        var (tileLevel, tileIndex, first, count) = Locate(level, index);
        return Root(tiles(tileLevel, tileIndex).AsSpan().Slice(first, count));
    };

    /// <summary>Where the subtree's hash comes from: <c>Count</c> hashes of one tile, a power of two, from <c>First</c> on.</summary>
    internal static (int TileLevel, ulong TileIndex, int First, int Count) Locate(int level, ulong index)
    {
        // Tiles hold every eighth level of the tree; what lies between is hashed from the tile below.
        var (tileLevel, above) = Math.DivRem(level, 8);
        var first = index << above;
        return (tileLevel, first / TilePath.FullWidth, (int)(first % TilePath.FullWidth), 1 << above);
    }

    /// <summary>The root over a power of two of hashes.</summary>
    internal static Hash256 Root(ReadOnlySpan<Hash256> hashes)
    {
        if (hashes.Length == 1)
            return hashes[0];
        var half = hashes.Length / 2;
        return MerkleHash.Node(Root(hashes[..half]), Root(hashes[half..]));
    }
}
