namespace Lucid.GrainInterfaces.Chain;

/// <summary>
/// The log as C2SP tlog-tiles has it, read straight from the node's disk: tiles are bytes, and bytes never pass through grains. The
/// gateway serves it at the log's own prefix, without a token.
/// </summary>
public interface ILogReader
{
    /// <summary>The newest published checkpoint, a signed note as UTF-8; null before the first one.</summary>
    ValueTask<byte[]?> ReadCheckpointAsync(CancellationToken cancellation);

    /// <summary>
    /// A hash tile or entry bundle, full or partial, by its path below the prefix ("tile/0/x001/067.p/5", "tile/entries/000"); null where the
    /// path is none, or no published checkpoint covers it. What is there never changes.
    /// </summary>
    ValueTask<byte[]?> ReadTileAsync(string path, CancellationToken cancellation);
}
