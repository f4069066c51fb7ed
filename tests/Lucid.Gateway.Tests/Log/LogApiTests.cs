using Lucid.Evidence.Notes;
using Lucid.Evidence.Tiles;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Log;

public sealed class LogApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Checkpoint_Anyone_ReadsASignedCheckpointThatIsNotCached()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.AnchoredSessionAsync();
        using var answer = await host.Anyone.GetAsync("/checkpoint");
        Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", answer.Headers.CacheControl!.ToString());
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync()).TextBytes);
        Assert.Equal((1UL, $"lucid/{host.Node.Ledger.Network}"), (checkpoint.Size, checkpoint.Origin));
    }

    [Theory]
    [InlineData("tile/0/000.p/1", 32)]
    [InlineData("tile/entries/000.p/1", 0)]
    public async Task Tile_OfThePublishedLog_IsImmutableBytes(string path, int length)
    {
        await using var host = await GatewayHost.StartAsync();
        await host.AnchoredSessionAsync();
        using var answer = await host.Anyone.GetAsync($"/{path}");
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("immutable", answer.Headers.GetValues("Cache-Control").Single(), StringComparison.Ordinal);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        if (length > 0)
            Assert.Equal(length, bytes.Length);
        else
            Assert.Single(EntryBundle.Parse(bytes, 1));
    }

    [Theory]
    [InlineData("tile/0/000")]
    [InlineData("tile/0/000.p/2")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/0")]
    [InlineData("tile/64/000.p/1")]
    [InlineData("tile/0/x000/000.p/1")]
    [InlineData("tile/1/000.p/1")]
    [InlineData("tile/entries/001.p/1")]
    [InlineData("tile/0/000.p/1/")]
    [InlineData("tile/0/%30%30%30%2ep/2")]
    [InlineData("tile/..%2f..%2fetc/passwd")]
    [InlineData("tile/")]
    [InlineData("tile")]
    public async Task Tile_NotThere_IsNotFoundAndNotCached(string path)
    {
        using var answer = await shared.Host.Anyone.GetAsync(new Uri(shared.Host.Address, path));
        await GatewayHost.ErrorOf(answer, ErrorTable.NotFound);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }
}
