using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Lucid.Cli.Recording;

/// <summary>
/// Cuts a stream into chunks: <see cref="Chunk.MaxBytes"/>, or <see cref="Chunk.MaxTime"/> after a chunk's first byte, whichever is first.
/// Nothing is cut while nothing comes.
/// </summary>
/// <param name="firstIndex">The index of the first chunk.</param>
/// <param name="maxTime">The longest stretch of the stream in one chunk.</param>
internal sealed class StreamChunks(Stream stream, ulong firstIndex, SessionClock time, TimeSpan maxTime, TimeProvider clock)
{
    private const int ReadSize = 256 * 1024;

    // A reader of a pipe can give up waiting without losing bytes, which a reader of a stream cannot.
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: Chunk.MaxBytes, resumeWriterThreshold: Chunk.MaxBytes / 2, minimumSegmentSize: ReadSize,
        useSynchronizationContext: false));

    /// <param name="stop">Ends the stream where it stands: what was read becomes the last chunk.</param>
    /// <param name="cancellation">Abandons it.</param>
    public async IAsyncEnumerable<Chunk> ReadAsync(
        CancellationToken stop, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellation);
        // Not awaited at the end: a blocked read of standard input ends with the process only.
        _ = PumpAsync(ended.Token);
        for (var index = firstIndex; await CutAsync(index, stop, cancellation) is { } chunk; index++)
            yield return chunk;
        await _pipe.Reader.CompleteAsync();
    }

    private async Task PumpAsync(CancellationToken ended)
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                var count = await stream.ReadAsync(_pipe.Writer.GetMemory(ReadSize), ended);
                if (count == 0)
                    break;
                _pipe.Writer.Advance(count);
                if ((await _pipe.Writer.FlushAsync(ended)).IsCompleted)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The cutter heard of it too, and takes what was flushed until now.
        }
        catch (Exception e)
        {
            failure = e;
        }
        await _pipe.Writer.CompleteAsync(failure);
    }

    /// <summary>The next chunk, or null at the end of the stream.</summary>
    private async Task<Chunk?> CutAsync(ulong index, CancellationToken stop, CancellationToken cancellation)
    {
        if (!await HasMoreAsync(1, stop, cancellation))
            return null;
        var startMs = time.NowMs;
        using var due = new CancellationTokenSource(maxTime, clock);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stop, due.Token);
        await HasMoreAsync(Chunk.MaxBytes, cut.Token, cancellation);
        if (!_pipe.Reader.TryRead(out var read))
            return null;
        var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Chunk.MaxBytes));
        var length = (int)bytes.Length;
        var buffer = Chunk.Buffers.Rent(Chunk.MaxBytes);
        bytes.CopyTo(buffer);
        _pipe.Reader.AdvanceTo(bytes.End);
        return new Chunk(index, 0, buffer, length, startMs, time.NowMs);
    }

    /// <summary>
    /// Waits until so many bytes are there, the stream has ended or <paramref name="stop"/> says not to wait. Whether any is there. Takes none.
    /// </summary>
    private async Task<bool> HasMoreAsync(int bytes, CancellationToken stop, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellation);
        ReadResult read;
        try
        {
            read = await _pipe.Reader.ReadAtLeastAsync(bytes, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            if (!_pipe.Reader.TryRead(out read))
                return false;
        }
        _pipe.Reader.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }
}
