using System.Collections.Immutable;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Tiles;

/// <summary>Fetches a tile or bundle of a log by its path below the log's prefix; null if the log does not have it.</summary>
public delegate Task<ReadOnlyMemory<byte>?> TileFetch(TilePath path, CancellationToken cancellationToken);

/// <summary>
/// Reads a log through its tiles, as of one checkpoint, and believes nothing that the checkpoint's root does not commit to: the partial
/// tiles on the right edge must give the root, and every full tile must hash to its place in the tile above it. Not safe for use by
/// several threads at once. Every method throws <see cref="TileException"/> if the log withholds or falsifies what it needs.
/// </summary>
public sealed class TileReader
{
    // Full tiles kept after they were verified, 8 KiB each; when there are as many, all are let go.
    private const int MaxCachedTiles = 256;

    private readonly TileFetch _fetch;
    private readonly Dictionary<(int Level, ulong Index), ImmutableArray<Hash256>> _verified = [];
    private ImmutableArray<Hash256>[]? _edge;

    /// <param name="fetch">Where the tiles come from; it is not trusted.</param>
    /// <param name="checkpoint">The tree to read. Whoever passes it has verified its signatures.</param>
    public TileReader(TileFetch fetch, Checkpoint checkpoint) => (_fetch, Checkpoint) = (fetch, checkpoint);

    /// <summary>The tree that is read.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The hash of one leaf.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such leaf.</exception>
    public async Task<Hash256> LeafHashAsync(ulong index, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Checkpoint.Size);
        var tile = await TileAsync(0, index / TilePath.FullWidth, cancellationToken);
        return tile[(int)(index % TilePath.FullWidth)];
    }

    /// <summary>The proof that the leaf at <paramref name="index"/> is in the checkpoint's tree.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such leaf.</exception>
    public Task<ImmutableArray<Hash256>> ProveInclusionAsync(ulong index, CancellationToken cancellationToken = default) =>
        FromNodesAsync(nodes => InclusionProof.Build(index, Checkpoint.Size, nodes), cancellationToken);

    /// <summary>The proof that the checkpoint's tree continues the one of <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; <paramref name="size"/> ≤ the checkpoint's.</exception>
    public Task<ImmutableArray<Hash256>> ProveConsistencyAsync(ulong size, CancellationToken cancellationToken = default) =>
        FromNodesAsync(nodes => ConsistencyProof.Build(size, Checkpoint.Size, nodes), cancellationToken);

    /// <summary>The root that the log had when it had <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than the checkpoint's.</exception>
    public Task<Hash256> RootAsync(ulong size, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Checkpoint.Size);
        return FromNodesAsync(nodes => MerklePath.RangeRoot(0, size, nodes), cancellationToken);
    }

    /// <summary>The entries of bundle <paramref name="index"/>: from entry 256 · <paramref name="index"/>, up to 256 of them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such bundle.</exception>
    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> EntriesAsync(ulong index, CancellationToken cancellationToken = default)
    {
        var width = TileLayout.Width(0, index, Checkpoint.Size);
        ArgumentOutOfRangeException.ThrowIfZero(width, nameof(index));
        var hashes = await TileAsync(0, index, cancellationToken);
        var path = TilePath.Entries(index, width);
        var entries = (await FetchAsync(path, EntryBundle.Parse, cancellationToken))[..width];
        for (var i = 0; i < width; i++)
        {
            if (MerkleHash.Leaf(entries[i].Span) != hashes[i])
                throw new TileException(TileFault.Mismatch, path, $"entry {i} does not have the leaf hash that the tree commits to");
        }
        return entries;
    }

    // Which subtrees a proof is made of does not depend on their hashes: so a first pass only notes the tiles, then they are fetched.
    private async Task<T> FromNodesAsync<T>(Func<MerkleNodes, T> build, CancellationToken cancellationToken)
    {
        var tiles = new Dictionary<(int, ulong), ImmutableArray<Hash256>>();
        build((level, index) =>
        {
            var (tileLevel, tileIndex, _, _) = HashTile.Locate(level, index);
            tiles.TryAdd((tileLevel, tileIndex), default);
            return Hash256.Zero;
        });
        foreach (var (level, index) in tiles.Keys.ToArray())
            tiles[(level, index)] = await TileAsync(level, index, cancellationToken);
        return build(HashTile.Nodes((level, index) => tiles[(level, index)]));
    }

    // A tile as it is in the checkpoint's tree, verified.
    private async Task<ImmutableArray<Hash256>> TileAsync(int level, ulong index, CancellationToken cancellationToken)
    {
        _edge ??= await EdgeAsync(cancellationToken);
        if (TileLayout.Width(level, index, Checkpoint.Size) < TilePath.FullWidth)
            return _edge[level];
        if (_verified.TryGetValue((level, index), out var known))
            return known;
        var above = await TileAsync(level + 1, index / TilePath.FullWidth, cancellationToken);
        var path = TilePath.Hashes(level, index);
        var tile = await FetchAsync(path, (bytes, width) => HashTile.Parse(bytes.Span, width), cancellationToken);
        if (HashTile.Root(tile.AsSpan()) != above[(int)(index % TilePath.FullWidth)])
            throw new TileException(TileFault.Mismatch, path, "does not hash to its place in the tile above");
        if (_verified.Count == MaxCachedTiles)
            _verified.Clear();
        return _verified[(level, index)] = tile;
    }

    // The partial tiles, by level. Together they hold all complete subtrees that the root is made of, and nothing else, so that
    // comparing the root verifies every hash in them.
    private async Task<ImmutableArray<Hash256>[]> EdgeAsync(CancellationToken cancellationToken)
    {
        var edge = new ImmutableArray<Hash256>[TileLayout.Levels];
        var last = TilePath.Hashes(0, 0);
        for (var level = 0; level < TileLayout.Levels; level++)
        {
            var hashes = Checkpoint.Size >> (8 * level);
            var width = (int)(hashes % TilePath.FullWidth);
            if (width == 0)
                continue;
            last = TilePath.Hashes(level, hashes / TilePath.FullWidth, width);
            edge[level] = (await FetchAsync(last, (bytes, count) => HashTile.Parse(bytes.Span, count), cancellationToken))[..width];
        }
        if (MerklePath.RangeRoot(0, Checkpoint.Size, HashTile.Nodes((level, _) => edge[level])) != Checkpoint.Root)
            throw new TileException(TileFault.Mismatch, last, $"the partial tiles of size {Checkpoint.Size} do not give the checkpoint's root");
        return edge;
    }

    // A log may drop a partial tile once the full one is there, which begins with the same hashes or entries: so more than the
    // path's width may come back.
    private async Task<ImmutableArray<T>> FetchAsync<T>(
        TilePath path, Func<ReadOnlyMemory<byte>, int, ImmutableArray<T>> parse, CancellationToken cancellationToken)
    {
        var (bytes, width) = (await _fetch(path, cancellationToken), path.Width);
        if (bytes is null && path.IsPartial)
            (bytes, width) = (await _fetch(path.Full, cancellationToken), TilePath.FullWidth);
        if (bytes is null)
            throw new TileException(TileFault.Missing, path, "the log does not serve it");
        try
        {
            return parse(bytes.Value, width);
        }
        catch (MalformedException e)
        {
            throw new TileException(TileFault.Malformed, path, e.Message, e);
        }
    }
}
