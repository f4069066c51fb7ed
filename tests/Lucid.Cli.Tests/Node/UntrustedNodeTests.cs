using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lucid.Cli.Tests.Node;

public sealed class UntrustedNodeTests
{
    [Fact]
    public async Task Command_AtANodeThatNobodyVouchesFor_SaysSo_AndThatThereIsNoNode()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = ServeAsync(listener, certificate);
        using var cli = new CliRun();

        Assert.Equal(ExitCode.NoNode, await cli.RunAsync("sessions", "--url", $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        Assert.Contains("is not trusted", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("SSL_CERT_FILE", cli.Error.ToString(), StringComparison.Ordinal);
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
            // The command went away, which is what is tested.
        }
    }
}
