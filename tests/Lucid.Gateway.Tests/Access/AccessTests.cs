using System.Net.Http.Headers;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Access;

public sealed class AccessTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Theory]
    [InlineData("/api/v1/sessions")]
    [InlineData("/api/v1/meta/version")]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/metrics")]
    public async Task Endpoint_WithoutToken_AsksForOne(string path)
    {
        var host = shared.Host;
        using var answer = await host.Anyone.GetAsync(path);
        await GatewayHost.ErrorOf(answer, ErrorTable.TokenMissing);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer test-token-0123456789-abcdefghijklmno")]
    [InlineData("Bearer test-token-0123456789-abcdefghijklmnopq")]
    [InlineData("Bearer test-token-0123456789-abcdefghijklmnoP")]
    [InlineData("Basic test-token-0123456789-abcdefghijklmnop")]
    [InlineData("test-token-0123456789-abcdefghijklmnop")]
    public async Task Endpoint_WrongToken_IsRefused(string authorization)
    {
        var host = shared.Host;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        await GatewayHost.ErrorOf(await host.Anyone.SendAsync(request), ErrorTable.TokenInvalid);
    }

    [Fact]
    public async Task Endpoint_RightToken_IsServed()
    {
        var host = shared.Host;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions");
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", GatewayHost.Token);
        using var answer = await host.Anyone.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/api/v1/health/live")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    [InlineData("/docs/docs.js")]
    [InlineData("/docs/docs.css")]
    public async Task PublicEndpoint_WithoutToken_IsServed(string path)
    {
        var host = shared.Host;
        using var answer = await host.Anyone.GetAsync(path);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Start_OnAnAddressThatOthersReach_IsRefused_AndWhatElseIsWrongWithItIsSaidToo()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => GatewayHost.StartAsync(url: "http://0.0.0.0:0"));
        Assert.Contains("can be reached from elsewhere", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Nobody could sign in", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.1.2.3:1", true)]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://[::]:8080", false)]
    [InlineData("http://192.168.1.2:8080", false)]
    [InlineData("http://*:8080", false)]
    [InlineData("http://localhost.example:8080", false)]
    public void Address_IsLoopback_IsTold(string address, bool loopback) => Assert.Equal(loopback, ListeningGuard.IsLoopback(address));

    [Fact]
    public async Task Request_FromAnotherMachine_IsForbiddenEvenWithTheToken()
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("192.0.2.1");
        context.Request.Headers.Authorization = $"Bearer {GatewayHost.Token}";
        var access = new BearerAccess(_ => Task.CompletedTask, GatewayHost.Options);
        var refused = await Assert.ThrowsAsync<ApiException>(() => access.InvokeAsync(context));
        Assert.Same(ErrorTable.NotLoopback, refused.Kind);
    }

    [Fact]
    public async Task Silo_WithMutualTls_MayListenWhereOthersReachIt()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { IsMutualTls = true }, url: "http://0.0.0.0:0");
        Assert.Equal("0.0.0.0", host.Address.Host);
    }

    [Fact]
    public async Task Request_FromAnotherMachine_WithTheClustersCertificate_StillNeedsTheToken()
    {
        var served = 0;
        var access = new BearerAccess(_ =>
        {
            served++;
            return Task.CompletedTask;
        }, GatewayHost.Options with { IsMutualTls = true });
        foreach (var (authorization, refusal) in new[] { ("", ErrorTable.TokenMissing), ("Bearer wrong", ErrorTable.TokenInvalid), ($"Bearer {GatewayHost.Token}", null) })
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("192.0.2.1");
            if (authorization.Length > 0)
                context.Request.Headers.Authorization = authorization;
            context.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new EndpointMetadataCollection(), "any"));
            if (refusal is null)
                await access.InvokeAsync(context);
            else
                Assert.Same(refusal, (await Assert.ThrowsAsync<ApiException>(() => access.InvokeAsync(context))).Kind);
        }
        Assert.Equal(1, served);
    }

    [Fact]
    public void Options_SeveralMistakes_AreAllNamedAndTheTokenIsNot()
    {
        var options = new GatewayOptions { Token = "short secret", Node = "", Limits = new LimitOptions { Connections = 1 }, Access = new AccessOptions { Domain = "https://example.org" }, KeepAlive = TimeSpan.Zero, ProbeTimeout = TimeSpan.FromHours(1) };
        var failure = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddLucidGateway(options));
        foreach (var name in new[] { "Token", "Node", "Connections", "domain", "KeepAlive", "ProbeTimeout" })
            Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Map_ServicesOfTheHostMissing_AreAllNamed()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddLucidGateway(GatewayHost.Options);
        await using var app = builder.Build();
        var failure = Assert.Throws<InvalidOperationException>(() => app.MapLucidGateway());
        foreach (var name in new[] { "IGrains", "IRecorder", "ISessionDirectory", "ILogReader", "ITokenKeys" })
            Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /checkpoint HTTP/1.1\r\nHost: x\r\nX: {0}\r\n\r\n", 431)]
    [InlineData("GET /{0} HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
    public async Task Head_LargerThanAnyOfOurs_IsRefusedByTheServer(string request, int status)
    {
        var host = shared.Host;
        await using var client = await RawClient.SendAsync(host.Address, string.Format(System.Globalization.CultureInfo.InvariantCulture, request, new string('a', 17 * 1024)));
        var buffer = new byte[12];
        await client.Stream.ReadExactlyAsync(buffer);
        Assert.Equal($"HTTP/1.1 {status}", System.Text.Encoding.ASCII.GetString(buffer));
    }
}
