using System.Net.Sockets;
using Lucid.Cli.Node;

namespace Lucid.Cli.Tests.Node;

public sealed class NodeClientTests
{
    public static TheoryData<Exception> Losses =>
    [
        new HttpRequestException("Connection refused"),
        // What HttpClient lets through where a node dies while a connection to it is being set up.
        new SocketException((int)SocketError.NotConnected),
        new IOException("The response ended prematurely."),
    ];

    [Theory]
    [MemberData(nameof(Losses), DisableDiscoveryEnumeration = true)]
    public async Task Request_WhoseConnectionIsLost_SaysThatTheNodeDoesNotAnswer(Exception loss)
    {
        using var client = new NodeClient(() => new NodeAddress(new Uri("http://127.0.0.1:9"), null), new Failing(loss));
        Assert.False(await client.IsAliveAsync(TestContext.Current.CancellationToken));
        var thrown = await Assert.ThrowsAsync<NodeUnreachableException>(
            () => client.GetAsync(Guid.NewGuid(), TestContext.Current.CancellationToken));
        Assert.Equal("The node at http://127.0.0.1:9 does not answer.", thrown.Message);
    }

    private sealed class Failing(Exception failure) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(failure);
    }
}
