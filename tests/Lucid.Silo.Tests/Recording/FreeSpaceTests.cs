using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Recording;

public sealed class FreeSpaceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Look_AtAPromise_CountsItAsTaken_UntilItIsOver()
    {
        var clock = new SteppedClock();
        var space = new FreeSpace(_folder.Data, new RecordingOptions { FreeSpaceReserve = 0 }, clock);
        Assert.True(space.Look().HasRoom);
        using (space.Promise(long.MaxValue / 2))
        {
            clock.Now += TimeSpan.TicksPerMinute;
            Assert.False(space.Look().HasRoom);
        }
        clock.Now += TimeSpan.TicksPerMinute;
        Assert.True(space.Look().HasRoom);
    }

    [Fact]
    public async Task Chunk_OnItsWay_IsPromised_UntilItIsAnswered()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        var rest = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/0") { Content = new HeldBody(100_000, rest.Task) };
        request.Headers.Add("Lucid-Lease", "1");
        var answer = node.SendAsync(request);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (node.Space.Promised != 100_000)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
        rest.SetResult();
        (await answer).EnsureSuccessStatusCode();
        while (node.Space.Promised != 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
    }

    private sealed class SteppedClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }

    /// <summary>A body whose second half comes once the test says so.</summary>
    private sealed class HeldBody(int length, Task rest) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(new byte[length / 2]);
            await stream.FlushAsync();
            await rest;
            await stream.WriteAsync(new byte[length - (length / 2)]);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
