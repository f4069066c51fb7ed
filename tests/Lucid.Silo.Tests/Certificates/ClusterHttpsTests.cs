using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Lucid.Engine.Embedded.Testing;
using Lucid.Silo.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Lucid.Silo.Tests.Certificates;

/// <summary>An endpoint of the cluster on loopback, called by those who may and those who may not.</summary>
public sealed class ClusterHttpsTests : IAsyncLifetime
{
    private readonly List<IDisposable> _used = [];
    private readonly VirtualClock _serverClock = new(TimeProvider.System.GetUtcNow());
    private readonly TestAuthority _authority = new(TimeProvider.System.GetUtcNow());
    private readonly TestAuthority _other = new(TimeProvider.System.GetUtcNow());
    private WebApplication? _server;
    private Uri _url = null!;

    public async ValueTask InitializeAsync()
    {
        var certificates = Certificates(_authority, _authority.Issue("recorder"), _serverClock);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificates.Serve)));
        _server = builder.Build();
        _server.Run(context => context.Response.WriteAsync(context.Connection.ClientCertificate!.Subject));
        await _server.StartAsync();
        _url = new Uri(_server.Urls.Single());
    }

    [Fact]
    public async Task Caller_WithACertificateOfTheAuthority_IsServed()
    {
        using var client = Client(Certificates(_authority, _authority.Issue("gateway")));
        Assert.Equal("CN=gateway", await client.GetStringAsync(_url));
    }

    [Fact]
    public async Task Caller_WithAnyOtherCertificateOrNone_IsRefused()
    {
        await RefusedAsync(Stranger(null));
        await RefusedAsync(Stranger(_other.Issue("gateway")));
        await RefusedAsync(Stranger(TestAuthority.SelfSigned("gateway", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100), maySign: false)));
        await RefusedAsync(Stranger(_authority.Issue("mail", uses: ["1.3.6.1.5.5.7.3.4"])));
        using var client = Stranger(_authority.Issue("gateway"));
        Assert.Equal("CN=gateway", await client.GetStringAsync(_url));
    }

    [Fact]
    public async Task Caller_WhoseCertificateExpired_IsRefused()
    {
        var certificate = _authority.Issue("gateway", until: _serverClock.GetUtcNow().AddMinutes(1));
        using var before = Client(Certificates(_authority, certificate));
        Assert.Equal("CN=gateway", await before.GetStringAsync(_url));
        _serverClock.Advance(TimeSpan.FromMinutes(2));
        await RefusedAsync(Stranger(certificate));
    }

    [Fact]
    public async Task Server_OfAnotherAuthority_IsNotCalled() => await RefusedAsync(Client(Certificates(_other, _other.Issue("gateway"))));

    [Fact]
    public async Task Server_WhoseCertificateExpired_IsNotCalled()
    {
        var later = new VirtualClock(TimeProvider.System.GetUtcNow().AddYears(2));
        await RefusedAsync(Client(Certificates(_authority, _authority.Issue("gateway", until: later.GetUtcNow().AddYears(1)), later)));
    }

    [Fact]
    public async Task Caller_WithoutTls13_IsRefused()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_url.Host, _url.Port);
        await using var stream = new SslStream(socket.GetStream());
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "recorder",
            ClientCertificates = [_authority.Issue("gateway")],
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
            EnabledSslProtocols = SslProtocols.Tls12,
        }));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        foreach (var used in _used)
            used.Dispose();
        _authority.Dispose();
        _other.Dispose();
    }

    private ClusterCertificates Certificates(TestAuthority authority, X509Certificate2 node, TimeProvider? clock = null)
    {
        using var folder = new TempFolder();
        var certificates = ClusterCertificates.Read(authority.Write(folder.Data.Root, node), clock ?? TimeProvider.System, new LoggedLines<ClusterCertificates>())!;
        _used.Add(certificates);
        return certificates;
    }

    private static HttpClient Client(ClusterCertificates certificates) => new(certificates.MakeHandler());

    /// <summary>Someone who believes every server, since a real stranger would.</summary>
    private static HttpClient Stranger(X509Certificate2? certificate) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? null : [certificate],
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
        },
    });

    private async Task RefusedAsync(HttpClient client)
    {
        using (client)
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(_url));
    }
}
