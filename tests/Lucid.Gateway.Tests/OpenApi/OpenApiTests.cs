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
        // Which a test of its own holds to the endpoints.
        var permissions = (await File.ReadAllTextAsync(Repository.File("docs/permissions.md"))).Replace("{**", "{", StringComparison.Ordinal);
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
                var open = permissions.Contains($"| `{operation.Name.ToUpperInvariant()} {path.Name}` | everybody |", StringComparison.Ordinal);
                Assert.True(operation.Value.TryGetProperty("security", out _) != open, $"{where}: security");
                if (!operation.Value.TryGetProperty("parameters", out var parameters))
                    continue;
                foreach (var parameter in parameters.EnumerateArray())
                    Assert.True(parameter.TryGetProperty("description", out _), $"{where}: {parameter.GetProperty("name")} has no description");
            }
        }
    }

    [Fact]
    public async Task Document_EveryOperation_HasExamplesOfWhatIsSentAndAnswered()
    {
        using var document = JsonDocument.Parse(await shared.Host.Anyone.GetStringAsync("/openapi/v1.json"));
        var missing =
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            from content in ContentsOf(operation.Value)
                // Ciphertext, archives and tiles are nothing to read.
            where content.Where is "request" || content.Type.Name is "application/json" or "text/plain"
            group content.Type.Value.TryGetProperty("example", out _) by $"{operation.Name} {path.Name}: {content.Where}" into examples
            where !examples.Any(isThere => isThere)
            select examples.Key;
        Assert.Empty(missing);
    }

    /// <summary>What is sent, and what is answered where all is well, whatever status that has.</summary>
    private static IEnumerable<(string Where, JsonProperty Type)> ContentsOf(JsonElement operation)
    {
        if (operation.TryGetProperty("requestBody", out var body))
            foreach (var type in body.GetProperty("content").EnumerateObject())
                yield return ("request", type);
        foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] == '2' && response.Value.TryGetProperty("content", out _)))
            foreach (var type in response.Value.GetProperty("content").EnumerateObject())
                yield return ("answer", type);
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
