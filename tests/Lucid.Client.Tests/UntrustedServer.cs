using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lucid.Client.Tests;

/// <summary>Listens on loopback with a certificate that nobody vouches for, for one caller.</summary>
internal sealed class UntrustedServer : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _served;

    public UntrustedServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        _listener.Start();
        _served = ServeAsync(TestContext.Current.CancellationToken);
    }

    public Uri Url => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Once the caller has come and gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _served;
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancellation)
    {
        using var connection = await _listener.AcceptTcpClientAsync(cancellation);
        await using var tls = new SslStream(connection.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(_certificate);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // The caller went away, which is what is tested.
        }
    }
}
