using System.Globalization;
using System.Text;

namespace Lucid.Evidence.Tiles;

/// <summary>
/// Which tile or entry bundle, as its path below a log's prefix (C2SP tlog-tiles): <c>tile/0/x001/x234/067</c> is tile 1234067 of level
/// 0, <c>tile/entries/067.p/5</c> the partial bundle of the first 5 entries of bundle 67. Every path has one spelling.
/// </summary>
public readonly record struct TilePath
{
    /// <summary>Hashes in a full tile, entries in a full bundle.</summary>
    public const int FullWidth = 256;

    /// <summary>The highest level that a path can name. Levels above 7 exist in no log: a tile there would span 2^64 leaves and more.</summary>
    public const int MaxLevel = 63;

    /// <summary>The largest index: no log of at most 2^64 - 1 leaves has more tiles on level 0.</summary>
    public const ulong MaxIndex = ulong.MaxValue >> 8;

    private const int EntriesLevel = -1;
    private readonly int _level;

    private TilePath(int level, ulong index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, MaxIndex);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, FullWidth);
        (_level, Index, Width) = (level, index, width);
    }

    /// <summary>Whether this is an entry bundle, not a tile of hashes.</summary>
    public bool IsEntries => _level == EntriesLevel;

    /// <summary>The level, 0 to 63: hashes are of subtrees of 256^level leaves. Of an entry bundle 0, where its leaf hashes are.</summary>
    public int Level => Math.Max(_level, 0);

    /// <summary>The number within the level, from 0.</summary>
    public ulong Index { get; }

    /// <summary>How many hashes or entries it holds, 1 to 256.</summary>
    public int Width { get; }

    /// <summary>Whether it holds fewer than 256.</summary>
    public bool IsPartial => Width < FullWidth;

    /// <summary>The full tile or bundle in the same place.</summary>
    public TilePath Full => new(_level, Index, FullWidth);

    /// <summary>A tile of hashes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part is out of its range.</exception>
    public static TilePath Hashes(int level, ulong index, int width = FullWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, MaxLevel);
        return new TilePath(level, index, width);
    }

    /// <summary>An entry bundle.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part is out of its range.</exception>
    public static TilePath Entries(ulong index, int width = FullWidth) => new(EntriesLevel, index, width);

    /// <summary>Reads a path, in its one spelling and without a slash before or after it.</summary>
    /// <exception cref="MalformedException">No path of a tile or bundle.</exception>
    public static TilePath Parse(string text) => TryParse(text, out var path)
        ? path
        : throw new MalformedException("tile path", $"expected tile/LEVEL/INDEX, tile/entries/INDEX or one of them with .p/WIDTH, found '{text}'");

    /// <summary>As <see cref="Parse"/>, for paths that arrive from outside and often name nothing.</summary>
    public static bool TryParse(string text, out TilePath path)
    {
        path = default;
        // tile, the level, at most six groups of digits, and the width.
        var parts = text.Split('/', 10);
        if (parts.Length is < 3 or > 9 || parts[0] != "tile")
            return false;
        var level = EntriesLevel;
        if (parts[1] != "entries" && !TryDecimal(parts[1], MaxLevel, out level))
            return false;
        var width = FullWidth;
        var groups = parts.AsSpan(2);
        if (groups.Length > 1 && groups[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!TryDecimal(groups[^1], FullWidth - 1, out width) || width == 0)
                return false;
            groups = groups[..^1];
            groups[^1] = groups[^1][..^2];
        }
        if (!TryIndex(groups, out var index))
            return false;
        path = new TilePath(level, index, width);
        return true;
    }

    /// <summary>The path.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("tile/").Append(IsEntries ? "entries" : _level.ToString());
        var divisor = 1UL;
        while (Index / divisor >= 1000)
            divisor *= 1000;
        for (; divisor > 0; divisor /= 1000)
            text.Append(divisor > 1 ? "/x" : "/").Append((Index / divisor % 1000).ToString("d3"));
        return IsPartial ? text.Append(".p/").Append(Width).ToString() : text.ToString();
    }

    private static bool TryIndex(ReadOnlySpan<string> groups, out ulong index)
    {
        index = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            var digits = groups[i].AsSpan();
            if (i < groups.Length - 1)
            {
                if (digits.Length == 0 || digits[0] != 'x')
                    return false;
                digits = digits[1..];
            }
            if (digits.Length != 3 || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ||
                (i == 0 && value == 0 && groups.Length > 1))
                return false;
            // Six groups stay below 10^18, so this cannot overflow.
            index = (index * 1000) + value;
        }
        return groups.Length <= 6 && index <= MaxIndex;
    }

    private static bool TryDecimal(string text, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max && (text.Length == 1 || text[0] != '0');
}
