using System.Buffers.Binary;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain;

/// <summary>
/// Tiles and entry bundles of the published log, made from the node's log as they are asked for. Only what a published checkpoint covers is
/// served: entries beyond it are final on this node, but nobody could check them yet.
/// </summary>
public sealed class LogReader(LedgerNode ledger) : ILogReader
{
    private const int TileHeight = 8;
    private const int TileWidth = 256;

    public ValueTask<byte[]?> CheckpointAsync(CancellationToken cancellation) => ValueTask.FromResult(ledger.Checkpoints.Published);

    public ValueTask<byte[]?> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        if (!IsCovered(level, index, width))
            return ValueTask.FromResult<byte[]?>(null);
        var tile = new byte[width * Hash256.Size];
        for (var i = 0; i < width; i++)
            ledger.Log.Node(level * TileHeight, (index * TileWidth) + (ulong)i).CopyTo(tile.AsSpan(i * Hash256.Size));
        return ValueTask.FromResult<byte[]?>(tile);
    }

    public async ValueTask<byte[]?> EntriesAsync(ulong index, int width, CancellationToken cancellation)
    {
        if (!IsCovered(0, index, width))
            return null;
        using var bundle = new MemoryStream();
        var length = new byte[2];
        for (var i = 0; i < width; i++)
        {
            var entry = await ledger.Log.EntryAsync((index * TileWidth) + (ulong)i, cancellation);
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
}
