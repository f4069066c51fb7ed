using System.Collections.Immutable;
using System.Numerics;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// What has to be remembered of an RFC 6962 tree to go on appending to it and to know its root: its complete subtrees, one for each one
/// bit of its size, so at most 64 hashes. Appending allocates nothing. Not safe for use by several threads at once.
/// </summary>
public sealed class MerkleFrontier
{
    // By level; only where Size has a one bit is the value in use.
    private readonly Hash256[] _subtrees = new Hash256[64];

    /// <summary>Leaves appended so far.</summary>
    public ulong Size { get; private set; }

    /// <summary>The complete subtrees, largest first; what <see cref="Restore"/> takes.</summary>
    public ImmutableArray<Hash256> Hashes
    {
        get
        {
            var hashes = ImmutableArray.CreateBuilder<Hash256>(BitOperations.PopCount(Size));
            for (var level = 63; level >= 0; level--)
            {
                if (((Size >> level) & 1) == 1)
                    hashes.Add(_subtrees[level]);
            }
            return hashes.MoveToImmutable();
        }
    }

    /// <summary>The frontier of a tree, as <see cref="Hashes"/> gave it.</summary>
    /// <exception cref="ArgumentException">A tree of this size has another number of complete subtrees.</exception>
    public static MerkleFrontier Restore(ulong size, ReadOnlySpan<Hash256> hashes)
    {
        var count = BitOperations.PopCount(size);
        if (hashes.Length != count)
            throw new ArgumentException($"A tree of {size} leaves has {count} complete subtrees, not {hashes.Length}.", nameof(hashes));
        var frontier = new MerkleFrontier { Size = size };
        for (var rest = size; rest != 0; rest &= rest - 1)
            frontier._subtrees[BitOperations.TrailingZeroCount(rest)] = hashes[--count];
        return frontier;
    }

    /// <summary>The frontier of a tree of that size whose complete subtrees can be looked up.</summary>
    /// <param name="nodes">Asked for one subtree per bit that is set in <paramref name="size"/>.</param>
    public static MerkleFrontier Of(ulong size, MerkleNodes nodes)
    {
        var frontier = new MerkleFrontier { Size = size };
        for (var rest = size; rest != 0; rest &= rest - 1)
        {
            var level = BitOperations.TrailingZeroCount(rest);
            frontier._subtrees[level] = nodes(level, (size >> level) - 1);
        }
        return frontier;
    }

    /// <summary>Appends a leaf, given as its hash (<see cref="MerkleHash.Leaf"/>).</summary>
    /// <exception cref="InvalidOperationException">The tree has 2^64 - 1 leaves already.</exception>
    public void Append(Hash256 leafHash)
    {
        if (Size == ulong.MaxValue)
            throw new InvalidOperationException("The tree is full: it has 2^64 - 1 leaves.");
        // Like adding one to a binary number: each complete subtree that meets one of its own size becomes the left half of the next.
        var level = 0;
        for (; ((Size >> level) & 1) == 1; level++)
            leafHash = MerkleHash.Node(_subtrees[level], leafHash);
        _subtrees[level] = leafHash;
        Size++;
    }

    /// <summary>The root of the tree; <see cref="MerkleHash.Empty"/> without leaves.</summary>
    public Hash256 Root() => MerklePath.RangeRoot(0, Size, (level, _) => _subtrees[level]);
}
