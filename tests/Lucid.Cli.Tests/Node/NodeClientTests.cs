using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    [Fact]
    public async Task Certificate_ThatNobodyVouchesFor_IsNotTakenForANodeThatIsAway()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = ServeAsync(listener, certificate);
        using var client = new NodeClient(() => new NodeAddress(new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), null));

        var refused = await Assert.ThrowsAsync<CliException>(() => client.IsAliveAsync(TestContext.Current.CancellationToken));

        Assert.Contains("is not trusted", refused.Message, StringComparison.Ordinal);
        Assert.Contains("SSL_CERT_FILE", refused.Message, StringComparison.Ordinal);
        await served;
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(connection.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // The client went away, which is what is tested.
        }
    }

    private sealed class Failing(Exception failure) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(failure);
    }
}
