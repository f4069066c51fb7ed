using System.Net;
using System.Net.Sockets;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

/// <summary>The question that a container engine asks of a node in an image without a shell.</summary>
public sealed class HealthCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Node_ThatRuns_IsAlive()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var url = node.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal((0, $"{url}/health/live: 200\n", ""), await RunAsync(url));
        // Something answers there, but it is not alive.
        Assert.Equal((1, "", $"{url}/nowhere/health/live: 404\n"), await RunAsync(url + "/nowhere/"));
    }

    [Fact]
    public async Task Node_ThatIsGone_IsNotAlive()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var url = $"http://{port.LocalEndpoint}";
        port.Stop();
        var (code, output, error) = await RunAsync(url);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{url}/health/live: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("127.0.0.1")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://127.0.0.1", "more")]
    public async Task Address_ThatIsNone_ShowsTheUsage(params string[] args) =>
        Assert.Equal((2, "", HealthCommand.Usage + "\n"), await RunAsync(args));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await HealthCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
