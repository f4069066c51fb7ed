using System.Net;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Tests.Access;

/// <summary>Whose word is taken for where a request comes from.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7 https")]
    [InlineData("127.0.0.0/8;10.0.0.0/8", "203.0.113.7", "203.0.113.7 https")]
    // What stands left of the first that is not ours, whoever called it may have invented.
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7 http")]
    [InlineData("127.0.0.1;10.0.0.5", "198.51.100.1, 203.0.113.7, 10.0.0.5", "203.0.113.7 http")]
    [InlineData("127.0.0.1", "2001:db8::1", "2001:db8::1 https")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "127.0.0.1 http")]
    [InlineData(null, "203.0.113.7", "127.0.0.1 http")]
    public async Task Proxy_IsBelieved_WhereItIsTrusted(string? trusted, string forwarded, string seen)
    {
        await using var host = await StartAsync(trusted);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/seen");
        request.Headers.Add("X-Forwarded-For", forwarded);
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await host.Anyone.SendAsync(request);
        // One protocol for several addresses is one for the last proxy alone.
        Assert.Equal(seen.Split(' ')[0], (await answer.Content.ReadAsStringAsync()).Split(' ')[0]);
        if (!forwarded.Contains(',', StringComparison.Ordinal))
            Assert.Equal(seen, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("127.0.0.1", "X-Forwarded-For", "203.0.113.7")]
    [InlineData("127.0.0.1", "X-Forwarded-For", "127.0.0.1")]
    [InlineData(null, "X-Forwarded-For", "203.0.113.7")]
    [InlineData(null, "X-Forwarded-For", "")]
    [InlineData(null, "Forwarded", "for=203.0.113.7")]
    public async Task OwnToken_ThroughAProxy_IsRefused(string? trusted, string header, string value)
    {
        await using var host = await StartAsync(trusted);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/meta/version");
        request.Headers.TryAddWithoutValidation(header, value);
        await GatewayHost.ErrorOf(await host.Client.SendAsync(request), ErrorTable.NotLoopback);
    }

    [Fact]
    public async Task OwnToken_FromThisMachine_IsTakenAlthoughOthersMayCome()
    {
        await using var host = await StartAsync("127.0.0.1");
        using var answer = await host.Client.GetAsync("/api/v1/meta/version");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("1.2.3.4/33", "access.trustedProxies has '1.2.3.4/33'")]
    [InlineData("10.1", "access.trustedProxies has '10.1'")]
    [InlineData("0.0.0.0/0", "Everywhere is no proxy")]
    [InlineData("127.0.0.1; proxy.example.org", "access.trustedProxies has 'proxy.example.org'")]
    public void Proxies_ThatAreNone_AreNamed(string proxies, string mistake) =>
        Assert.Contains(mistake, Assert.Single(new AccessOptions { TrustedProxies = proxies }.FindMistakes()), StringComparison.Ordinal);

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::/64")]
    [InlineData("::1", "loopback")]
    [InlineData("127.1.2.3", "loopback")]
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData(null, "loopback")]
    public void Address_StandsForASubscriber(string? address, string subscriber) =>
        Assert.Equal(subscriber, ClientAddress.Subscriber(address is null ? null : IPAddress.Parse(address)));

    private static Task<GatewayHost> StartAsync(string? trusted) => GatewayHost.StartAsync(
        _ => { }, GatewayHost.Options with { Access = new AccessOptions { TrustedProxies = trusted } },
        map: app => EndpointRouteBuilderExtensions.MapGet(app, "/seen", (HttpContext context) => $"{context.Connection.RemoteIpAddress} {context.Request.Scheme}").AllowAnonymous());
}
