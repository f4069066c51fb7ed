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
using Microsoft.Extensions.Logging;

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
        Assert.Equal("LUCID_ERR_1019", await RefusedAsync($"{address}"));
        Assert.Equal("LUCID_ERR_2011", await RefusedAsync("lucid.example.org"));
        using var here = await client.GetAsync($"https://127.0.0.1:{_port}/api/v1/sessions");
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);

        async Task<string?> RefusedAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{address}:{_port}/api/v1/sessions") { Headers = { Host = host } };
            using var refused = await client.SendAsync(request);
            return JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("code").GetString();
        }
    }

    /// <summary>Requests that are taken back as soon as they are made, headers without end, and streams beyond those that are granted.</summary>
    [Fact]
    public async Task Http2_Floods_EndTheirConnection_OrComeToNothing_AndOthersAreServed()
    {
        (string Name, int Most, bool Ends, Func<int, byte[]> Next)[] floods =
        [
            ("rapid reset", 20_000, false, i => [.. Http2Connection.Frame(Http2Connection.Headers, Http2Connection.EndStream | Http2Connection.EndHeaders, (2 * i) + 1, Http2Connection.Get), .. Http2Connection.Frame(Http2Connection.Reset, 0, (2 * i) + 1, [0, 0, 0, 8])]),
            ("continuation", 2_000, true, i => Http2Connection.Frame(i == 0 ? Http2Connection.Headers : Http2Connection.Continuation, 0, 1, i == 0 ? Http2Connection.Get : [0, 1, (byte)'x', 100, .. new byte[100]])),
            ("open streams", 5_000, false, i => Http2Connection.Frame(Http2Connection.Headers, Http2Connection.EndHeaders, (2 * i) + 1, Http2Connection.Get)),
            ("pings", 20_000, false, _ => Http2Connection.Frame(Http2Connection.Ping, 0, 0, new byte[8])),
            ("data of no stream", 10, true, _ => Http2Connection.Frame(Http2Connection.Data, 0, 1, new byte[100])),
            ("a frame too large", 10, true, _ => Http2Connection.Frame(Http2Connection.Headers, 0, 1, new byte[1 << 20])),
        ];
        foreach (var (name, most, ends, next) in floods)
        {
            await using var connection = await Http2Connection.ConnectAsync(_port);
            var sent = await connection.FloodAsync(most, next);
            if (ends)
                await connection.Answer.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {(connection.Answer.IsCompleted ? $"ended after {sent}" : $"{sent} came to nothing")}");
            using var client = Client(SslProtocols.Tls13);
            using var live = await client.GetAsync($"https://127.0.0.1:{_port}/health/live");
            Assert.True(live.IsSuccessStatusCode, $"After {name} the node answers {(int)live.StatusCode}.");
        }
        // The web server has a line for each frame too many, and calls it critical.
        using var logs = LoggerFactory.Create(HostParts.Log);
        Assert.False(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Http2").IsEnabled(LogLevel.Critical));
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
