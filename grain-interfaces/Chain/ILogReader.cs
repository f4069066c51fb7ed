namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// What anyone may read of the log: the published checkpoint, tiles and entry bundles, as C2SP tlog-tiles has them. Served from the node's
/// own disk; not a grain, because these are up to 8 KiB (tiles) or 16 MiB (bundles) a time and bytes never pass through grains.
/// </summary>
public interface ILogReader
{
    /// <summary>The newest published checkpoint, a signed note; null before the first one had its quorum.</summary>
    ValueTask<byte[]?> CheckpointAsync(CancellationToken cancellation);

    /// <summary>One tile of hashes; null where the published log has none of that width: too far right, or a width it never had.</summary>
    /// <param name="level">0 to 63.</param>
    /// <param name="width">Hashes in the tile: 1 to 255, or 256 for a full one.</param>
    ValueTask<byte[]?> TileAsync(int level, ulong index, int width, CancellationToken cancellation);

    /// <summary>One bundle of entries, each with its length in front; null as for <see cref="TileAsync"/>.</summary>
    ValueTask<byte[]?> EntriesAsync(ulong index, int width, CancellationToken cancellation);
}
