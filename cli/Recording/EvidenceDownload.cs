using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Recording;

/// <summary>Fetches evidence files from a node.</summary>
internal static class EvidenceDownload
{
    /// <summary>Fetches a session's evidence file, from the beginning again where the node is lost meanwhile.</summary>
    /// <param name="skipDamaged">Without the ciphertext of chunks that are damaged on the node, instead of not at all.</param>
    /// <returns>Its length, and the chunks that were left out as the node names them; null where none was.</returns>
    public static Task<(long Length, string? Skipped)> WriteAsync(
        NodeConnection node, Guid session, bool full, string path, CancellationToken cancellation, bool skipDamaged = false) =>
        node.Persistence.TryAsync(async token =>
        {
            await using var evidence = await node.Client.Recordings.OpenEvidenceAsync(session, full, skipDamaged: skipDamaged, cancellation: token);
            var length = await WholeFile.WriteAsync(path, async (file, inner) =>
            {
                await evidence.CopyToAsync(file, 1024 * 1024, inner);
                return file.Position;
            }, token);
            return (length, evidence.SkippedChunks);
        }, cancellation);
}
