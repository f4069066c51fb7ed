using System.Net.Http.Headers;
using System.Text;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Errors;

public sealed class ProblemDetailsTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Theory]
    [InlineData("application/problem+json", true)]
    [InlineData("APPLICATION/PROBLEM+JSON; charset=utf-8", true)]
    [InlineData("application/problem+json, application/json;q=0.9", true)]
    [InlineData("application/json;q=0.5, application/problem+json;q=0.6", true)]
    [InlineData("application/problem+json, */*", true)]
    [InlineData("application/problem+json, application/*", true)]
    [InlineData("text/html, application/problem+json;q=0.1", true)]
    [InlineData("application/json, application/problem+json", false)]
    [InlineData("application/problem+json;q=0.5, application/json", false)]
    [InlineData("application/problem+json;q=0.5, */*", false)]
    [InlineData("application/problem+json;q=0", false)]
    [InlineData("application/json", false)]
    [InlineData("application/json;q=0.5, */*;q=0.8", false)]
    [InlineData("*/*", false)]
    [InlineData("application/*", false)]
    [InlineData("text/html", false)]
    [InlineData("nonsense", false)]
    [InlineData("", false)]
    public async Task Accept_DecidesTheForm(string accept, bool isProblem)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{Guid.NewGuid()}");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await shared.Host.Client.SendAsync(request);
        Assert.Equal(isProblem ? "application/problem+json" : "application/json", answer.Content.Headers.ContentType!.MediaType);
        var error = await GatewayHost.JsonOf(answer, 404);
        Assert.Equal(isProblem, error.TryGetProperty("title", out _));
        Assert.Equal(!isProblem, error.TryGetProperty("error", out _));
    }

    [Theory]
    // The grain, routing by itself, the door, binding, and the framework's own refusal of a body.
    [InlineData("GET", "/api/v1/sessions/0190b7a4-0000-7000-8000-000000000000", null, 4001)]
    [InlineData("GET", "/nowhere", null, 4001)]
    [InlineData("PATCH", "/api/v1/sessions", null, 1013)]
    [InlineData("GET", "/api/v1/sessions/x", null, 1005)]
    [InlineData("POST", "/api/v1/sessions", "text/plain", 1012)]
    [InlineData("POST", "/api/v1/sessions", "application/json", 1009)]
    public async Task Problem_WhoeverRefuses_SaysAllThatTheEnvelopeSays(string method, string path, string? type, int number)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/problem+json") } } };
        if (type is not null)
            request.Content = new StringContent("nonsense", Encoding.UTF8, type);
        using var answer = await shared.Host.Client.SendAsync(request);
        var kind = ErrorTable.All.Single(one => one.Number == number);
        var problem = await GatewayHost.JsonOf(answer, kind.Status);
        var id = answer.Headers.GetValues("Lucid-Request-Id").Single();
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(($"urn:lucid:error:{number}", kind.Meaning, kind.Status, $"urn:uuid:{id}"),
            (problem.GetProperty("type").GetString(), problem.GetProperty("title").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("instance").GetString()));
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.Equal((kind.Code, id, "gateway"), (problem.GetProperty("code").GetString(), problem.GetProperty("request_id").GetString(), problem.GetProperty("service").GetString()));
        Assert.EndsWith("Z", problem.GetProperty("timestamp").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_SeveralFieldsWrong_NamesThemInDetails()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/sessions")
        {
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/problem+json") } },
            Content = new StringContent("""{"name":"a\nb","idle_limit_seconds":1}""", Encoding.UTF8, "application/json"),
        };
        using var answer = await shared.Host.Client.SendAsync(request);
        Assert.Equal(["name", "idle_limit_seconds"], (await GatewayHost.JsonOf(answer, 400)).GetProperty("details").EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public async Task Problem_WithoutToken_IsOneToo()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/problem+json") } } };
        using var answer = await shared.Host.Anyone.SendAsync(request);
        Assert.Equal("LUCID_ERR_2001", (await GatewayHost.JsonOf(answer, 401)).GetProperty("code").GetString());
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().ToString());
    }
}
