using System.IO.Pipelines;
using Lucid.Cli.Recording;

namespace Lucid.Cli.Tests.Recording;

public sealed class StreamChunksTests
{
    [Theory]
    [InlineData(0, new int[0])]
    [InlineData(1, new[] { 1 })]
    [InlineData(Chunk.MaxBytes, new[] { Chunk.MaxBytes })]
    [InlineData((2 * Chunk.MaxBytes) + 5, new[] { Chunk.MaxBytes, Chunk.MaxBytes, 5 })]
    public async Task File_IsCutAt10MiB(int length, int[] expected)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        var read = new MemoryStream();
        var lengths = new List<int>();

        await foreach (var chunk in Chunks(new MemoryStream(bytes), TimeProvider.System, Timeout.InfiniteTimeSpan).ReadAsync(default, default))
        {
            Assert.Equal((ulong)lengths.Count + 3, chunk.Index);
            read.Write(chunk.Bytes.Span);
            lengths.Add(chunk.Length);
            chunk.Dispose();
        }

        Assert.Equal(expected, lengths);
        Assert.Equal(bytes, read.ToArray());
    }

    [Fact]
    public async Task Pipe_ThatStalls_IsCutFiveSecondsAfterTheFirstByte()
    {
        var clock = new ManualClock();
        var pipe = new Pipe();
        await using var chunks = Chunks(pipe.Reader.AsStream(), clock, Chunk.MaxTime).ReadAsync(default, default).GetAsyncEnumerator();
        clock.Advance(TimeSpan.FromSeconds(7));
        await pipe.Writer.WriteAsync("first"u8.ToArray());
        var next = chunks.MoveNextAsync().AsTask();
        await clock.WaitedForAsync(Chunk.MaxTime);

        clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True(await next);
        using var chunk = chunks.Current;
        Assert.Equal("first"u8, chunk.Bytes.Span);
        Assert.Equal((7000, 12000), (chunk.StartMs, chunk.EndMs));
        // Nothing comes, so nothing is cut; the end of the pipe then is no chunk.
        next = chunks.MoveNextAsync().AsTask();
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(next.IsCompleted);
        await pipe.Writer.CompleteAsync();
        Assert.False(await next);
    }

    [Fact]
    public async Task Stop_TurnsWhatWasReadIntoTheLastChunk()
    {
        var clock = new ManualClock();
        var pipe = new Pipe();
        using var stop = new CancellationTokenSource();
        await using var chunks = Chunks(pipe.Reader.AsStream(), clock, Chunk.MaxTime).ReadAsync(stop.Token, default).GetAsyncEnumerator();
        await pipe.Writer.WriteAsync("rest"u8.ToArray());
        var next = chunks.MoveNextAsync().AsTask();
        await clock.WaitedForAsync(Chunk.MaxTime);

        await stop.CancelAsync();

        Assert.True(await next);
        using var chunk = chunks.Current;
        Assert.Equal("rest"u8, chunk.Bytes.Span);
        Assert.False(await chunks.MoveNextAsync());
    }

    [Fact]
    public async Task Cancel_AbandonsTheStream()
    {
        using var cancel = new CancellationTokenSource();
        var pipe = new Pipe();
        await using var chunks = Chunks(pipe.Reader.AsStream(), TimeProvider.System, Chunk.MaxTime).ReadAsync(default, cancel.Token).GetAsyncEnumerator();
        var next = chunks.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Source_ThatFails_EndsWithItsFailure()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("some"u8.ToArray());
        await pipe.Writer.CompleteAsync(new IOException("The disk is gone."));

        var failure = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var chunk in Chunks(pipe.Reader.AsStream(), TimeProvider.System, Chunk.MaxTime).ReadAsync(default, default))
                chunk.Dispose();
        });

        Assert.Equal("The disk is gone.", failure.Message);
    }

    private static StreamChunks Chunks(Stream stream, TimeProvider clock, TimeSpan maxTime) =>
        new(stream, firstIndex: 3, new SessionClock(clock, TimeSpan.Zero), maxTime, clock);
}
