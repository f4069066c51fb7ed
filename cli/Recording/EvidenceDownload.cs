using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Recording;

/// <summary>Fetches evidence files from a node.</summary>
internal static class EvidenceDownload
{
    /// <summary>Fetches a session's evidence file.</summary>
    /// <returns>Its length.</returns>
    public static async Task<long> WriteAsync(
        NodeConnection node, Guid session, bool full, string path, CancellationToken cancellation)
    {
        return await node.Persistence.TryAsync(async token =>
        {
            using var answer = await node.Client.GetEvidenceAsync(session, full, token);
            await using var stream = await answer.Content.ReadAsStreamAsync(token);
            return await WholeFile.WriteAsync(path, async (file, inner) =>
            {
                var buffer = new byte[1024 * 1024];
                while (await ReadAsync(stream, buffer, inner) is var count and > 0)
                    await file.WriteAsync(buffer.AsMemory(0, count), inner);
                if (answer.Content.Headers.ContentLength is { } length && file.Position != length)
                    throw new HttpRequestException($"The evidence file has {length} bytes, but {file.Position} came.");
                return file.Position;
            }, token);
        }, cancellation);
    }

    /// <summary>A connection lost while reading is worth another try; a disk that is full while writing is not.</summary>
    private static async Task<int> ReadAsync(Stream stream, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellation);
        }
        catch (IOException e)
        {
            throw new HttpRequestException("The connection to the node was lost.", e);
        }
    }
}
