using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Health;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>The gateway on a port of its own on loopback, over a node in memory.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string Token = "test-token-0123456789-abcdefghijklmnop";
    public const string NodeId = "node-1";

    private readonly WebApplication _app;

    private GatewayHost(WebApplication app, FakeNode node, FakeRecorder recorder, LogCapture log)
    {
        (_app, Node, Recorder, Log) = (app, node, recorder, log);
        Address = new Uri(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Anyone = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }
    public FakeNode Node { get; }
    public FakeRecorder Recorder { get; }
    public LogCapture Log { get; }
    public IEnumerable<RouteEndpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    /// <summary>Not at a silo.</summary>
    public TokenIssuer TokenIssuer => _app.Services.GetRequiredService<TokenIssuer>();

    /// <summary>Not at a silo.</summary>
    public AuditTrail AuditTrail => _app.Services.GetRequiredService<AuditTrail>();

    /// <summary>With the token.</summary>
    public HttpClient Client { get; }

    /// <summary>Without one.</summary>
    public HttpClient Anyone { get; }

    public static GatewayOptions Options { get; } = new() { Token = Token, Node = NodeId, SlowBodyGrace = TimeSpan.FromSeconds(2) };

    public static Task<GatewayHost> StartAsync(GatewayOptions? options = null, string url = "http://127.0.0.1:0", params IHealthProbe[] probes) =>
        StartAsync(services =>
        {
            foreach (var probe in probes)
                services.AddSingleton(probe);
        }, options, url);

    /// <param name="more">What the host registers beyond what every host has to.</param>
    /// <param name="map">Adds endpoints of a test's own.</param>
    public static async Task<GatewayHost> StartAsync(
        Action<IServiceCollection> more, GatewayOptions? options = null, string url = "http://127.0.0.1:0", Action<WebApplication>? map = null)
    {
        var node = new FakeNode();
        var recorder = new FakeRecorder(node);
        var log = new LogCapture();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddSingleton<IGrains>(node).AddSingleton<ISessionDirectory>(node).AddSingleton<IUserDirectory, NoUsers>().AddSingleton<IRecorder>(recorder).AddSingleton<ILogReader>(node.Ledger)
            .AddSingleton<IKeyKeeper, FakeKeys>().AddSingleton<ITokenKeys, FakeTokenKeys>();
        more(builder.Services);
        builder.Services.AddLucidGateway(options ?? Options);
        var app = builder.Build();
        app.MapLucidGateway();
        map?.Invoke(app);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new GatewayHost(app, node, recorder, log);
    }

    /// <summary>An access token, as whoever signs in gets one, once the gateway has published its key.</summary>
    public async Task<string> AccessTokenAsync(string subject, Role role, Guid? login = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                return _app.Services.GetRequiredService<TokenIssuer>().Issue(subject, role, login ?? Guid.CreateVersion7()).Token;
            }
            catch (Gateway.Errors.ApiException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    public async Task<Guid> CreateSessionAsync(object? body = null)
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/sessions", body ?? new { name = "one" });
        return (await JsonOf(answer, 201)).GetProperty("session_id").GetGuid();
    }

    public async Task<HttpResponseMessage> PutChunkAsync(Guid id, ulong index, byte[] bytes, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/sessions/{id}/chunks/{index}") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("Lucid-Lease", "1");
        change?.Invoke(request);
        return await Client.SendAsync(request);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string? lease = "1")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (lease is not null)
            request.Headers.Add("Lucid-Lease", lease);
        return await Client.SendAsync(request);
    }

    /// <summary>A session with two chunks, stopped and anchored.</summary>
    public async Task<Guid> AnchoredSessionAsync()
    {
        var id = await CreateSessionAsync();
        (await PutChunkAsync(id, 0, Encoding.UTF8.GetBytes("hello, "))).Dispose();
        (await PutChunkAsync(id, 1, Encoding.UTF8.GetBytes("world"))).Dispose();
        using var stopped = await PostAsync($"/api/v1/sessions/{id}/stop");
        Assert.Equal(200, (int)stopped.StatusCode);
        Node.Session(id).Anchor();
        return id;
    }

    public static async Task<JsonElement> JsonOf(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}: expected {status}, was {(int)answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Checks that the answer is the envelope of that error, and gives its body.</summary>
    public static async Task<JsonElement> ErrorOf(HttpResponseMessage answer, Gateway.Errors.ErrorKind kind)
    {
        var error = (await JsonOf(answer, kind.Status)).GetProperty("error");
        Assert.Equal(kind.Code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(answer.Headers.GetValues("Lucid-Request-Id").Single(), error.GetProperty("request_id").GetString());
        Assert.Equal("gateway", error.GetProperty("service").GetString());
        Assert.EndsWith("Z", error.GetProperty("timestamp").GetString(), StringComparison.Ordinal);
        return error;
    }

    /// <summary>Stops as a process does that is told to, and so says what it has left to say.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Anyone.Dispose();
        await _app.DisposeAsync();
    }
}
