using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Lucid.Gateway.Access;
using Lucid.Silo.Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Certificates;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly TestAuthority _authority = new(TimeProvider.System.GetUtcNow());
    private readonly AccessOptions _access;
    private int _writes;

    public ServerCertificateTests() => _access = new AccessOptions { Certificate = Path.Combine(_folder.Data.Root, "c.pem"), CertificateKey = Path.Combine(_folder.Data.Root, "k.pem") };

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Certificate_ThatIsReplaced_IsShownWithinTenSeconds()
    {
        Write("first.example.org");
        var serve = Serve();
        Assert.Equal(("first.example.org", SslProtocols.Tls13), (Shown(serve), serve.SslProtocols));
        Write("second.example.org");
        Assert.Equal("first.example.org", Shown(serve));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("second.example.org", Shown(serve));
    }

    [Theory]
    [InlineData("no certificate")]
    [InlineData(null)]
    public void Certificate_ThatIsReplacedByWhatIsNone_StaysTheOldOne_UntilThereIsOne(string? text)
    {
        Write("first.example.org");
        var serve = Serve();
        if (text is null)
            File.Delete(_access.Certificate!);
        else
            File.WriteAllText(_access.Certificate!, text);
        Touch();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("first.example.org", Shown(serve));
        Write("second.example.org");
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("second.example.org", Shown(serve));
    }

    [Fact]
    public void Key_OfAnother_IsRefusedAtTheStart()
    {
        Write("first.example.org");
        using var other = _authority.Issue("other");
        TestAuthority.WriteKey(_access.CertificateKey!, other);
        var refused = Assert.Throws<InvalidDataException>(Serve);
        Assert.StartsWith($"access.certificateKey: {_access.CertificateKey} is not the private key of {_access.Certificate}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutOne_ThereIsNone() => Assert.Null(ServerCertificate.Read(new AccessOptions(), _clock, NullLogger<ServerCertificate>.Instance));

    private HttpsConnectionAdapterOptions Serve()
    {
        var https = new HttpsConnectionAdapterOptions();
        ServerCertificate.Read(_access, _clock, NullLogger<ServerCertificate>.Instance)!.Serve(https);
        return https;
    }

    private static string Shown(HttpsConnectionAdapterOptions https)
    {
        var tls = new SslServerAuthenticationOptions();
        https.OnAuthenticate!(null!, tls);
        return tls.ServerCertificateContext!.TargetCertificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    private void Write(string name)
    {
        using var certificate = _authority.Issue(name);
        File.WriteAllText(_access.Certificate!, certificate.ExportCertificatePem());
        TestAuthority.WriteKey(_access.CertificateKey!, certificate);
        Touch();
    }

    /// <summary>Two writes may come within one tick of the file system's clock.</summary>
    private void Touch()
    {
        var time = TimeProvider.System.GetUtcNow().AddSeconds(++_writes).UtcDateTime;
        foreach (var path in new[] { _access.Certificate!, _access.CertificateKey! }.Where(File.Exists))
            File.SetLastWriteTimeUtc(path, time);
    }
}
