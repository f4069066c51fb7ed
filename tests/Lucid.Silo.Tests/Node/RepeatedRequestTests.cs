using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Lucid.Silo.Tests.Node;

/// <summary>Requests with an Idempotency-Key on a whole node.</summary>
public sealed class RepeatedRequestTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Create_RepeatedAfterTheNodeRestarted_IsAnsweredAsTheFirstTime()
    {
        string first;
        EntityTagHeaderValue tag;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            using var created = await CreateAsync(node, "one");
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            first = await created.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            tag = await TagAsync(node, first);
        }
        await using var again = await TestNode.StartAsync(_folder);
        using var repeated = await CreateAsync(again, "one");
        Assert.Equal((HttpStatusCode.Created, first, true),
            (repeated.StatusCode, await repeated.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), repeated.Headers.Contains("Idempotency-Replayed")));
        await TestNode.IsErrorAsync(await CreateAsync(again, "two"), 1017, "Idempotency-Key");
        var list = await TestNode.JsonAsync(await again.Client.GetAsync("sessions", TestContext.Current.CancellationToken));
        Assert.Equal(1, list.GetProperty("pagination").GetProperty("total").GetInt32());
        // Nothing happened to the session, so it is told in the same bytes by another process.
        Assert.Equal(tag, await TagAsync(again, first));
    }

    private static async Task<EntityTagHeaderValue> TagAsync(TestNode node, string session)
    {
        using var answer = await node.Client.GetAsync($"sessions/{JsonDocument.Parse(session).RootElement.GetProperty("session_id").GetGuid()}", TestContext.Current.CancellationToken);
        return answer.Headers.ETag!;
    }

    private static Task<HttpResponseMessage> CreateAsync(TestNode node, string name)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "sessions") { Content = new StringContent($$"""{"name":"{{name}}"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", "order-17");
        return node.SendAsync(request);
    }
}
