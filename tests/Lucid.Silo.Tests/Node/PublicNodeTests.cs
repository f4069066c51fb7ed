using System.Net;
using System.Net.Http.Headers;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Lucid.Gateway.Access;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Silo.Tests.Node;

/// <summary>A node that others may reach, over TLS, asked from this machine and as if from another: over the address that others would use.</summary>
public sealed class PublicNodeTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new(TimeProvider.System.GetUtcNow());
    private Microsoft.AspNetCore.Builder.WebApplication _node = null!;
    private string _token = "";
    private int _port;

    public async ValueTask InitializeAsync()
    {
        using var certificate = _authority.Issue("lucid.example.org");
        var (path, key) = (Path.Combine(_folder.Data.Root, "c.pem"), Path.Combine(_folder.Data.Root, "k.pem"));
        await File.WriteAllTextAsync(path, certificate.ExportCertificatePem());
        TestAuthority.WriteKey(key, certificate);
        _node = NodeHost.Build(new NodeOptions
        {
            Data = _folder.Data.Root,
            Urls = "https://0.0.0.0:0;http://127.0.0.1:0",
            Access = new AccessOptions { Domain = "lucid.example.org", Certificate = path, CertificateKey = key },
        });
        await _node.StartAsync();
        _token = (await File.ReadAllTextAsync(_folder.Data.Token)).Trim();
        _port = new Uri(_node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(url => url.StartsWith("https:", StringComparison.Ordinal))).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task OwnPrograms_FindItOnLoopback()
    {
        var url = NodeFile.Find(_folder.Data)!.Url;
        Assert.StartsWith("http://127.0.0.1:", url, StringComparison.Ordinal);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{url}/api/v1/sessions")).StatusCode);
    }

    [Theory]
    [InlineData(SslProtocols.Tls13, 200)]
#pragma warning disable CA5398 // It is to be refused.
    [InlineData(SslProtocols.Tls12, 0)]
#pragma warning restore CA5398
    public async Task Tls_OlderThan13_IsRefused(SslProtocols protocol, int status)
    {
        using var client = Client(protocol);
        try
        {
            using var answer = await client.GetAsync($"https://127.0.0.1:{_port}/health/live");
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
        }
        catch (HttpRequestException) when (status == 0)
        {
            // As it should be.
        }
    }

    [Fact]
    public async Task FromElsewhere_TheOwnTokenIsRefused_AndWhatIsOpenToAllIsServed()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(face => face.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
            .FirstOrDefault(ip => ip.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(ip));
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        using var client = Client(SslProtocols.Tls13);
        using var live = await client.GetAsync($"https://{address}:{_port}/health/live");
        Assert.Equal((HttpStatusCode.OK, "100"), (live.StatusCode, live.Headers.GetValues("X-RateLimit-Limit").Single()));
        using var refused = await client.GetAsync($"https://{address}:{_port}/api/v1/sessions");
        Assert.Equal("LUCID_ERR_2011", JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("code").GetString());
        using var here = await client.GetAsync($"https://127.0.0.1:{_port}/api/v1/sessions");
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
    }

    private HttpClient Client(SslProtocols protocol)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "lucid.example.org",
                EnabledSslProtocols = protocol,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=lucid.example.org",
            },
        });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return client;
    }
}
