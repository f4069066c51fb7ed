using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Access;

/// <summary>Under which names a gateway answers that has one.</summary>
public sealed class HostGuardTests
{
    [Theory]
    [InlineData("lucid.example.org", null, true)]
    [InlineData("LUCID.example.org:8443", null, true)]
    // Programs on the machine itself, but not through a proxy on it.
    [InlineData("127.0.0.1:8080", null, true)]
    [InlineData("[::1]", null, true)]
    [InlineData("localhost", null, true)]
    [InlineData("localhost", "X-Forwarded-For: 203.0.113.7", false)]
    // A page of another name that leads here, whatever it adds.
    [InlineData("evil.example.org", null, false)]
    [InlineData("lucid.example.org.evil.example.org", null, false)]
    [InlineData("lucid.example.org.", null, false)]
    [InlineData("203.0.113.7", null, false)]
    [InlineData("", null, false)]
    [InlineData("evil.example.org", "X-Forwarded-Host: lucid.example.org", false)]
    public async Task Request_UnderAnotherName_IsRefused(string host, string? header, bool served) => Assert.Equal(served, await IsServedAsync(null, host, header));

    [Theory]
    [InlineData("lucid.example.org", "X-Forwarded-For: 203.0.113.7", true)]
    [InlineData("gateway-1:8080", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: lucid.example.org", true)]
    [InlineData("gateway-1:8080", "X-Forwarded-For: 203.0.113.7", false)]
    [InlineData("lucid.example.org", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: evil.example.org", false)]
    [InlineData("lucid.example.org", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: 127.0.0.1", false)]
    [InlineData("lucid.example.org", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: lml_..", false)]
    public async Task Request_ThroughATrustedProxy_IsServedUnderTheNameThatItPassesOn(string host, string header, bool served) =>
        Assert.Equal(served, await IsServedAsync("127.0.0.1", host, header));

    [Fact]
    public async Task Health_AnswersUnderAnyName_AndWithoutADomainAllDo()
    {
        await using var named = await StartAsync(null);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(named, "/health/live", "10.1.2.3", null), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(named, "/api/v1/health/live", "10.1.2.3", null), StringComparison.Ordinal);
        await using var nameless = await GatewayHost.StartAsync();
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(nameless, "/openapi/v1.json", "evil.example.org", null), StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(string? proxies) =>
        GatewayHost.StartAsync(GatewayHost.Options with { Access = new AccessOptions { Domain = "lucid.example.org", TrustedProxies = proxies } });

    private static async Task<bool> IsServedAsync(string? proxies, string host, string? header)
    {
        await using var gateway = await StartAsync(proxies);
        var answer = await AskAsync(gateway, "/docs/docs.css", host, header);
        Assert.True(answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || (answer.StartsWith("HTTP/1.1 421", StringComparison.Ordinal) && answer.Contains(ErrorTable.WrongHost.Code, StringComparison.Ordinal)), answer);
        Assert.DoesNotContain("example.org", answer, StringComparison.Ordinal);
        return answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(GatewayHost gateway, string path, string host, string? header)
    {
        await using var client = await RawClient.SendAsync(gateway.Address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{(header is null ? "" : header + "\r\n")}Connection: close\r\n\r\n");
        return await client.ReadToEndAsync();
    }
}
