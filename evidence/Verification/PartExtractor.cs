using Lucid.Evidence.Files;

namespace Lucid.Evidence.Verification;

/// <summary>
/// Makes of an evidence file one that discloses only some of its chunks and still verifies: the same proof, and of the ciphertext only what
/// is asked for. Which chunks a key file opens is a matter of the key file.
/// </summary>
public static class PartExtractor
{
    /// <summary>Writes the smaller file. The source is verified first, and nothing is written where that fails.</summary>
    /// <param name="source">An evidence file that holds these chunks: seekable, left open.</param>
    /// <param name="chunks">The chunks to disclose; none gives the proof alone.</param>
    /// <param name="destination">Only written to, never sought; left open.</param>
    /// <returns>The source's report. Where its verdict is failed or unreadable, nothing was written.</returns>
    /// <exception cref="ChunkNotInFileException">The source does not hold one of the chunks. Take the full file, or another
    /// chunk.</exception>
    public static async Task<VerificationReport> ExtractAsync(
        Stream source, IReadOnlySet<ulong> chunks, Stream destination, TrustedValidators trusted, CancellationToken cancellation)
    {
        source.Position = 0;
        var report = await EvidenceVerifier.VerifyAsync(source, trusted, new VerifyOptions(), cancellation);
        if (report.Verdict is Verdict.Failed or Verdict.Unreadable)
            return report;
        var file = await EvidenceFileIndex.OpenAsync(source, cancellation);
        foreach (var chunk in chunks.Order())
        {
            if (!file.TryFindChunk(chunk, out _))
                throw new ChunkNotInFileException(chunk);
        }
        var parts = await file.ReadPartsAsync(cancellation);
        var writer = await EvidenceFileWriter.PlanAsync(parts, file.ReadLeavesAsync, chunks.Contains, cancellation);
        await writer.WriteAsync(destination, file.ReadChunkAsync, cancellation);
        return report;
    }
}

/// <summary>The evidence file does not hold the ciphertext of that chunk.</summary>
public sealed class ChunkNotInFileException(ulong chunk)
    : Exception($"The evidence file does not hold chunk {chunk}. Take one that does, such as the full export.")
{
    public ulong Chunk { get; } = chunk;
}
