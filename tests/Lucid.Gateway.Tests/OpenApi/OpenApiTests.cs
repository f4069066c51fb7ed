using System.Text.Json;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.OpenApi;

public sealed class OpenApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Document_Served_IsTheOneCommitted()
    {
        var host = shared.Host;
        var served = await host.Anyone.GetStringAsync("/openapi/v1.json");
        var path = Repository.File("docs/openapi.json");
        if (Environment.GetEnvironmentVariable("LUCID_UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(path, served);
        var committed = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
        Assert.True(served == committed, "docs/openapi.json is not what the gateway serves. If the change is meant, run the tests with LUCID_UPDATE_SNAPSHOTS=1 and commit it.");
    }

    [Fact]
    public async Task Document_EveryOperation_HasSummaryErrorsAndDescribedParameters()
    {
        var host = shared.Host;
        using var document = JsonDocument.Parse(await host.Anyone.GetStringAsync("/openapi/v1.json"));
        Assert.StartsWith("3.", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("scheme").GetString());
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var where = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("summary", out _), $"{where} has no summary");
                var statuses = operation.Value.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToList();
                Assert.True(statuses.Contains("500") && statuses.Any(status => status[0] == '2'), $"{where} has {string.Join(", ", statuses)}");
                var open = path.Name is "/.well-known/jwks.json" or "/checkpoint" or "/tile/{path}" or "/health/live"
                    or "/api/v1/auth/challenge" or "/api/v1/auth/login" or "/api/v1/auth/refresh" or "/api/v1/auth/bootstrap"
                    or "/api/v1/auth/hardware-wallet/challenge" or "/api/v1/auth/hardware-wallet/verify";
                Assert.True(operation.Value.TryGetProperty("security", out _) != open, $"{where}: security");
                if (!operation.Value.TryGetProperty("parameters", out var parameters))
                    continue;
                foreach (var parameter in parameters.EnumerateArray())
                    Assert.True(parameter.TryGetProperty("description", out _), $"{where}: {parameter.GetProperty("name")} has no description");
            }
        }
    }

    [Fact]
    public async Task Page_NothingFromElsewhere()
    {
        var host = shared.Host;
        using var page = await host.Anyone.GetAsync("/docs");
        Assert.StartsWith("default-src 'none'; script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var path in new[] { "/docs", "/docs/docs.js", "/docs/docs.css" })
            Assert.DoesNotContain("://", await host.Anyone.GetStringAsync(path), StringComparison.Ordinal);
    }
}
