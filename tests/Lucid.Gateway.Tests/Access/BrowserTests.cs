using Lucid.Gateway.Access;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Access;

/// <summary>What a browser is told, and what a page from elsewhere may do.</summary>
public sealed class BrowserTests
{
    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/api/v1/sessions", 200)]
    [InlineData("/api/v1/meta/version", 200)]
    [InlineData("/nowhere", 404)]
    [InlineData("/api/v1/sessions/not-an-id", 400)]
    [InlineData("/docs", 200)]
    public async Task EveryAnswer_TellsABrowserToKeepAndShowNothing(string path, int status)
    {
        await using var host = await GatewayHost.StartAsync();
        using var answer = await host.Client.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        foreach (var (name, value) in new[]
                 {
                     ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
                     ("Cache-Control", path == "/docs" ? "no-cache" : "no-store"),
                 })
            Assert.Equal(value, answer.Headers.GetValues(name).Single());
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security") || answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task OverTls_HttpsIsToBeUsedFromThenOn()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { Access = new AccessOptions { TrustedProxies = "127.0.0.1" } });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await host.Anyone.SendAsync(request);
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
    }

    [Theory]
    [InlineData(null, "https://app.example.org", false)]
    [InlineData("https://app.example.org", "https://app.example.org", true)]
    [InlineData("https://other.example.org;https://app.example.org", "https://app.example.org", true)]
    [InlineData("https://app.example.org", "https://app.example.org.evil.example", false)]
    [InlineData("https://app.example.org", "http://app.example.org", false)]
    [InlineData("https://app.example.org", "null", false)]
    public async Task Page_OfAnOrigin_MayCall_WhereItIsNamed(string? origins, string origin, bool may)
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { Access = new AccessOptions { Origins = origins } });
        using var before = new HttpRequestMessage(HttpMethod.Options, "/api/v1/sessions");
        before.Headers.Add("Origin", origin);
        before.Headers.Add("Access-Control-Request-Method", "POST");
        before.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using var allowed = await host.Anyone.SendAsync(before);
        Assert.Equal(may, allowed.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(allowed.Headers.Contains("Access-Control-Allow-Credentials"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/meta/version");
        request.Headers.Add("Origin", origin);
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(may ? origin : null, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var value) ? value.Single() : null);
    }

    [Theory]
    [InlineData("app.example.org")]
    [InlineData("https://app.example.org/")]
    [InlineData("https://app.example.org/path")]
    [InlineData("ftp://app.example.org")]
    public void Origin_ThatIsNone_IsNamed(string origin) =>
        Assert.Contains($"access.origins has '{origin}'", Assert.Single(new AccessOptions { Origins = origin }.FindMistakes()), StringComparison.Ordinal);
}
