using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Recording;

/// <summary>Fetches evidence files from a node.</summary>
internal static class EvidenceDownload
{
    /// <summary>Fetches a session's evidence file, from the beginning again where the node is lost meanwhile.</summary>
    /// <returns>Its length.</returns>
    public static Task<long> WriteAsync(NodeConnection node, Guid session, bool full, string path, CancellationToken cancellation) =>
        node.Persistence.TryAsync(async token =>
        {
            await using var evidence = await node.Client.OpenEvidenceAsync(session, full, token);
            return await WholeFile.WriteAsync(path, async (file, inner) =>
            {
                await evidence.CopyToAsync(file, 1024 * 1024, inner);
                return file.Position;
            }, token);
        }, cancellation);
}
