using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Preconditions;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Preconditions;

public sealed class TaggedTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";

    [Fact]
    public async Task Session_Get_IsTaggedByItsExactBytes_AndAnotherOneOtherwise()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync(new { name = "Ünïcode <&>" });
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var tag = answer.Headers.ETag!;
        Assert.False(tag.IsWeak);
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..16])}\"", tag.Tag);
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        // Written as every other answer is: nothing that JSON need not escape is.
        Assert.Contains("Ünïcode <&>", System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NotModified, await StatusAsync(host.Client, $"/api/v1/sessions/{id}", tag.ToString()));
        (await host.PostAsync($"/api/v1/sessions/{id}/pause")).Dispose();
        using var changed = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        Assert.NotEqual(tag, changed.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host.Client, $"/api/v1/sessions/{id}", tag.ToString()));
    }

    [Fact]
    public async Task IfNoneMatch_ListsWeakOnesAndAny_AsTheStandardSays()
    {
        await using var host = await GatewayHost.StartAsync();
        var path = $"/api/v1/sessions/{await host.CreateSessionAsync()}";
        using var first = await host.Client.GetAsync(path);
        var tag = first.Headers.ETag!.Tag;
        foreach (var (header, status) in new[]
                 {
                     (tag, 304), ($"W/{tag}", 304), ($"\"other\", {tag}", 304), ("*", 304), ("\"other\"", 200), (tag.Trim('"'), 200), ("nonsense", 200),
                 })
            Assert.Equal((header, status), (header, (int)await StatusAsync(host.Client, path, header)));
    }

    [Fact]
    public async Task NotModified_HasTagAndNoBody()
    {
        await using var host = await GatewayHost.StartAsync();
        var path = $"/api/v1/sessions/{await host.CreateSessionAsync()}";
        using var first = await host.Client.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var again = await host.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag, 0), (again.StatusCode, again.Headers.ETag, (await again.Content.ReadAsByteArrayAsync()).Length));
        Assert.True(again.Headers.Contains("Lucid-Request-Id"));
    }

    [Fact]
    public async Task EveryOneThing_HasATag()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        var session = await host.AnchoredSessionAsync();
        await grains.Engine.Get<IUserGrain>(Ada).AdmitAsync(Caller.Local, Role.User);
        using var ada = await SignedInAsync(host);
        var policy = await DrawUpAsync(ada);
        foreach (var (client, path) in new[]
                 {
                     (host.Client, $"/api/v1/sessions/{session}"), (host.Client, $"/api/v1/sessions/{session}/shares"), (host.Client, $"/api/v1/users/{Ada}"), (ada, "/api/v1/users/me"),
                     (ada, $"/api/v1/trust/policies/{policy}"), (host.Client, "/api/v1/blocks/latest"), (host.Client, "/api/v1/blocks/height/1"),
                 })
        {
            using var answer = await client.GetAsync(path);
            await GatewayHost.JsonOf(answer, 200);
            Assert.True(answer.Headers.ETag is { IsWeak: false }, path);
            Assert.Equal(HttpStatusCode.NotModified, await StatusAsync(client, path, answer.Headers.ETag.ToString()));
        }
    }

    [Fact]
    public async Task Failure_HasNoTag()
    {
        await using var host = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{Guid.NewGuid()}") { Headers = { { "If-None-Match", "*" } } };
        using var answer = await host.Client.SendAsync(request);
        await GatewayHost.ErrorOf(answer, ErrorTable.NotFound);
        Assert.Null(answer.Headers.ETag);
    }

    [Fact]
    public async Task Me_ChangedBySomebodyElse_IsNotChangedOver()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        await grains.Engine.Get<IUserGrain>(Ada).AdmitAsync(Caller.Local, Role.User);
        using var ada = await SignedInAsync(host);
        using var read = await ada.GetAsync("/api/v1/users/me");
        var tag = read.Headers.ETag!.ToString();

        using var changed = await PutAsync(ada, "/api/v1/users/me", new { name = "Ada" }, tag);
        await GatewayHost.JsonOf(changed, 200);
        using var now = await ada.GetAsync("/api/v1/users/me");
        Assert.Equal(now.Headers.ETag, changed.Headers.ETag);

        using var late = await PutAsync(ada, "/api/v1/users/me", new { name = "Eve" }, tag);
        await GatewayHost.ErrorOf(late, ErrorTable.ChangedMeanwhile);
        // If-Match wants the same bytes: a weak tag never matches.
        using var weak = await PutAsync(ada, "/api/v1/users/me", new { name = "Eve" }, $"W/{now.Headers.ETag}");
        await GatewayHost.ErrorOf(weak, ErrorTable.ChangedMeanwhile);
        using var any = await PutAsync(ada, "/api/v1/users/me", new { email = "ada@example.org" }, "*");
        Assert.Equal("Ada", (await GatewayHost.JsonOf(any, 200)).GetProperty("name").GetString());
        using var without = await PutAsync(ada, "/api/v1/users/me", new { name = "Ada L." }, null);
        await GatewayHost.JsonOf(without, 200);
    }

    [Fact]
    public async Task User_ChangedBySomebodyElse_IsNotChangedOver_AndIsAnAdministratorsToChange()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        await grains.Engine.Get<IUserGrain>(Ada).AdmitAsync(Caller.Local, Role.User);
        using var ada = await SignedInAsync(host);
        const string path = $"/api/v1/users/{Ada}";
        using var read = await host.Client.GetAsync(path);
        var tag = read.Headers.ETag!.ToString();

        using var changed = await PutAsync(host.Client, path, new { name = "Ada", email = "ada@example.org" }, tag);
        Assert.Equal("Ada", (await GatewayHost.JsonOf(changed, 200)).GetProperty("name").GetString());
        using var now = await host.Client.GetAsync(path);
        Assert.Equal(now.Headers.ETag, changed.Headers.ETag);
        using var late = await PutAsync(host.Client, path, new { name = "Eve" }, tag);
        await GatewayHost.ErrorOf(late, ErrorTable.ChangedMeanwhile);
        Assert.Contains(host.Node.Audit.Events, one => one is { Action: "user_change", Resource: $"user/{Ada}" });

        using var own = await PutAsync(ada, path, new { name = "Ada L." }, null);
        await GatewayHost.ErrorOf(own, ErrorTable.PermissionDenied);
        using var bad = await PutAsync(host.Client, path, new { email = "nobody" }, null);
        await GatewayHost.ErrorOf(bad, ErrorTable.InvalidRequest);
        using var nobody = await PutAsync(host.Client, "/api/v1/users/mail:nobody@example.org", new { name = "x" }, null);
        await GatewayHost.ErrorOf(nobody, ErrorTable.NotFound);
        using var malformed = await PutAsync(host.Client, "/api/v1/users/nobody", new { name = "x" }, "*");
        await GatewayHost.ErrorOf(malformed, ErrorTable.BadFormat);
    }

    [Fact]
    public async Task Policy_ChangedMeanwhile_IsNeitherChangedNorDeleted()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var ada = await SignedInAsync(host);
        var path = $"/api/v1/trust/policies/{await DrawUpAsync(ada)}";
        using var read = await ada.GetAsync(path);
        using var changed = await PutAsync(ada, path, new { name = "second", rules = Array.Empty<object>() }, read.Headers.ETag!.ToString());
        await GatewayHost.JsonOf(changed, 200);
        using var late = await PutAsync(ada, path, new { name = "third", rules = Array.Empty<object>() }, read.Headers.ETag!.ToString());
        await GatewayHost.ErrorOf(late, ErrorTable.ChangedMeanwhile);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, path) { Headers = { IfMatch = { read.Headers.ETag! } } };
        using var refused = await ada.SendAsync(delete);
        await GatewayHost.ErrorOf(refused, ErrorTable.ChangedMeanwhile);
        using var again = new HttpRequestMessage(HttpMethod.Delete, path) { Headers = { IfMatch = { changed.Headers.ETag! } } };
        using var deleted = await ada.SendAsync(again);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public void Tag_OneBitOfTheBody_ChangesIt() => Assert.NotEqual(EntityTag.Of("{\"a\":1}"u8), EntityTag.Of("{\"a\":0}"u8));

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string ifNoneMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string path, object body, string? ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await client.SendAsync(request);
    }

    private static async Task<HttpClient> SignedInAsync(GatewayHost host) => new()
    {
        BaseAddress = host.Address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Ada, Role.User)) },
    };

    private static async Task<string> DrawUpAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/trust/policies", new { name = "first", rules = Array.Empty<object>() });
        return (await GatewayHost.JsonOf(answer, 201)).GetProperty("policy_id").GetString()!;
    }
}
