namespace Lucid.Evidence.Tiles;

/// <summary>
/// Which tiles and entry bundles a log of a size consists of (C2SP tlog-tiles). Level <c>l</c> has a hash for each complete subtree of
/// 256^l leaves, 256 of them to a tile; the last tile of a level may be partial, and an empty one is none.
/// </summary>
public static class TileLayout
{
    /// <summary>Levels that a log can have: above them a single hash would span more than 2^64 - 1 leaves.</summary>
    public const int Levels = 8;

    /// <summary>
    /// How many hashes tile <paramref name="index"/> of a level has in a log of <paramref name="size"/> leaves: 0 (no such tile) to 256.
    /// Level 0 also counts for entry bundles.
    /// </summary>
    public static int Width(int level, ulong index, ulong size)
    {
        var hashes = Hashes(level, size);
        var first = index * TilePath.FullWidth;
        return index > TilePath.MaxIndex || first >= hashes ? 0 : (int)Math.Min(hashes - first, TilePath.FullWidth);
    }

    /// <summary>All tiles of a log of <paramref name="size"/> leaves, level by level from 0.</summary>
    public static IEnumerable<TilePath> Tiles(ulong size) => NewTiles(0, size);

    /// <summary>All entry bundles of a log of <paramref name="size"/> entries.</summary>
    public static IEnumerable<TilePath> Bundles(ulong size) => NewBundles(0, size);

    /// <summary>
    /// The tiles that a log must publish, besides those it has, when it grows from one size to the other: those that are full now, and
    /// the new partial ones.
    /// </summary>
    public static IEnumerable<TilePath> NewTiles(ulong from, ulong to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        return Enumerable.Range(0, Levels).SelectMany(
            level => NewIndices(Hashes(level, from), Hashes(level, to)).Select(index => TilePath.Hashes(level, index, Width(level, index, to))));
    }

    /// <summary>As <see cref="NewTiles"/>, the entry bundles.</summary>
    public static IEnumerable<TilePath> NewBundles(ulong from, ulong to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        return NewIndices(from, to).Select(index => TilePath.Entries(index, Width(0, index, to)));
    }

    // Complete subtrees of 256^level leaves. The check matters: shifting by 64 and more would shift by nothing.
    private static ulong Hashes(int level, ulong size) => level < Levels ? size >> (8 * level) : 0;

    private static IEnumerable<ulong> NewIndices(ulong from, ulong to)
    {
        if (from == to)
            yield break;
        for (var index = from / TilePath.FullWidth; index <= (to - 1) / TilePath.FullWidth; index++)
            yield return index;
    }
}
