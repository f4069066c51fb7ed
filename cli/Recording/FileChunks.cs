using System.Runtime.CompilerServices;

namespace Lucid.Cli.Recording;

/// <summary>
/// Cuts a file into chunks of <see cref="Chunk.MaxBytes"/>, each read straight into its own memory. They lie where they will lie when the
/// file is read again, however slow the disk: that is what lets a node recognise those it has.
/// </summary>
/// <param name="file">Where the first chunk begins.</param>
/// <param name="firstIndex">The index of the first chunk.</param>
internal sealed class FileChunks(Stream file, ulong firstIndex, SessionClock time)
{
    public async IAsyncEnumerable<Chunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var index = firstIndex; await CutAsync(index, cancellation) is { } chunk; index++)
            yield return chunk;
    }

    /// <summary>The next chunk, or null at the end of the file.</summary>
    private async Task<Chunk?> CutAsync(ulong index, CancellationToken cancellation)
    {
        var startMs = time.NowMs;
        var buffer = Chunk.Buffers.Rent(Chunk.MaxBytes);
        var length = 0;
        try
        {
            length = await file.ReadAtLeastAsync(buffer.AsMemory(0, Chunk.MaxBytes), Chunk.MaxBytes, throwOnEndOfStream: false, cancellation);
        }
        finally
        {
            if (length == 0)
                Chunk.Buffers.Return(buffer);
        }
        return length == 0 ? null : new Chunk(index, 0, buffer, length, startMs, time.NowMs);
    }
}
