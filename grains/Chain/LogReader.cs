using System.Buffers.Binary;
using System.Numerics;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain;

/// <summary>
/// Tiles and entry bundles of the published log, made from the node's log as they are asked for. Only what a published checkpoint covers is
/// served: entries beyond it are final on this node, but nobody could check them yet. What is served is held against the hashes above it
/// first, and those of the right edge against the checkpoint: a tile is cached for ever by whoever gets it.
/// </summary>
public sealed class LogReader(LedgerNode ledger) : ILogReader
{
    private const int TileHeight = 8;
    private const int TileWidth = 256;

    public ValueTask<byte[]?> CheckpointAsync(CancellationToken cancellation) => ValueTask.FromResult(ledger.Checkpoints.Published?.Note);

    public ValueTask<byte[]?> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        if (!IsCovered(level, index, width))
            return ValueTask.FromResult<byte[]?>(null);
        var hashes = Verified(level, index);
        var tile = new byte[width * Hash256.Size];
        for (var i = 0; i < width; i++)
            hashes[i].CopyTo(tile.AsSpan(i * Hash256.Size));
        return ValueTask.FromResult<byte[]?>(tile);
    }

    public async ValueTask<byte[]?> EntriesAsync(ulong index, int width, CancellationToken cancellation)
    {
        if (!IsCovered(0, index, width))
            return null;
        var hashes = Verified(0, index);
        using var bundle = new MemoryStream();
        var length = new byte[2];
        for (var i = 0; i < width; i++)
        {
            var at = (index * TileWidth) + (ulong)i;
            var entry = await ledger.Log.EntryAsync(at, cancellation);
            if (MerkleHash.Leaf(entry) != hashes[i])
                throw ledger.Log.Doubt($"entry {at} does not have the hash that was taken of it");
            BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)entry.Length));
            bundle.Write(length);
            bundle.Write(entry);
        }
        return bundle.ToArray();
    }

    private bool IsCovered(int level, ulong index, int width)
    {
        if (level is < 0 or > 7 || width is < 1 or > TileWidth || index >= ulong.MaxValue / TileWidth)
            return false;
        var nodes = ledger.Checkpoints.PublishedSize >> (level * TileHeight);
        return (index * TileWidth) + (ulong)width <= nodes;
    }

    /// <summary>All hashes that the log has of a tile, once those above them agree.</summary>
    private Hash256[] Verified(int level, ulong index)
    {
        // Once, for its size and for its root: another one may be published while this reads.
        var (log, published) = (ledger.Log, ledger.Checkpoints.Published!);
        ledger.RequireLog(published.Size);
        var first = index * TileWidth;
        var hashes = new Hash256[Math.Min(TileWidth, (log.Size >> (level * TileHeight)) - first)];
        for (var i = 0; i < hashes.Length; i++)
            hashes[i] = log.Node(level * TileHeight, first + (ulong)i);
        // The tile is made of complete subtrees, one for each one bit of its width, whose hashes are stored as well.
        for (var (rest, from) = (hashes.Length, 0); rest > 0;)
        {
            var height = BitOperations.Log2((uint)rest);
            var subtree = hashes.AsSpan(from, 1 << height);
            if (SegmentTree.Root(subtree) != log.Node((level * TileHeight) + height, (first + (ulong)from) >> height))
                throw log.Doubt($"the hashes {first} to {first + (ulong)hashes.Length - 1} of level {level * TileHeight} do not give the hash above them");
            (rest, from) = (rest - subtree.Length, from + subtree.Length);
        }
        if (MerkleFrontier.Of(published.Size, ledger.LogNodes).Root() != Checkpoint.Parse(SignedNote.Parse(published.Note).TextBytes).Root)
            throw log.Doubt($"the hashes of {published.Size} entries do not give the root of the published checkpoint");
        return hashes;
    }
}
