using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Recorders;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.Grains.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Idempotency;

public sealed class IdempotencyTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string One = """{"name":"one"}""";

    [Fact]
    public async Task Repeated_AtAnotherGatewayAfterARestart_IsAnsweredTheSameAndMadeOnce()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var first = await grains.GatewayAsync();
        await using var second = await grains.GatewayAsync();
        var made = new List<Guid>();
        first.Node.OnCreate = second.Node.OnCreate = made.Add;

        using var answer = await PostAsync(first.Client, "/api/v1/sessions", One, "a key!~");
        Assert.Equal("1003", (await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat)).GetProperty("code").GetString()![^4..]);
        using var created = await PostAsync(first.Client, "/api/v1/sessions", One, "key!~");
        var bytes = await created.Content.ReadAsByteArrayAsync();
        Assert.Equal((HttpStatusCode.Created, false), (created.StatusCode, created.Headers.Contains("Idempotency-Replayed")));

        await grains.RestartAsync();
        grains.Clock.Advance(IdempotencyGrain.Kept - TimeSpan.FromMinutes(1));
        using var again = await PostAsync(second.Client, "/api/v1/sessions", One, "key!~");
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(bytes, await again.Content.ReadAsByteArrayAsync());
        Assert.Equal((created.Headers.Location, created.Content.Headers.ContentType), (again.Headers.Location, again.Content.Headers.ContentType));
        Assert.Single(made);

        grains.Clock.Advance(TimeSpan.FromMinutes(2));
        using var later = await PostAsync(second.Client, "/api/v1/sessions", One, "key!~");
        Assert.Equal((HttpStatusCode.Created, false), (later.StatusCode, later.Headers.Contains("Idempotency-Replayed")));
        Assert.NotEqual(created.Headers.Location, later.Headers.Location);
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public async Task Key_WithAnotherBodyOrAddress_IsRefused_AndOfAnotherCaller_IsAnotherKey()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var created = await PostAsync(host.Client, "/api/v1/sessions", One, "key");
        using var other = await PostAsync(host.Client, "/api/v1/sessions", """{"name":"two"}""", "key");
        await GatewayHost.ErrorOf(other, ErrorTable.KeyOfAnotherRequest);
        using var elsewhere = await PostAsync(host.Client, "/api/v1/users", One, "key");
        await GatewayHost.ErrorOf(elsewhere, ErrorTable.KeyOfAnotherRequest);
        using var ada = new HttpClient { BaseAddress = host.Address };
        ada.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Ada, Role.User));
        using var hers = await PostAsync(ada, "/api/v1/sessions", One, "key");
        Assert.Equal(Ada, (await GatewayHost.JsonOf(hers, 201)).GetProperty("owner").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    [InlineData("a", "b")]
    public async Task Key_NotOne_IsRefused(params string[] keys)
    {
        await using var host = await GatewayHost.StartAsync();
        using var answer = await PostAsync(host.Client, "/api/v1/sessions", One, keys);
        await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat);
    }

    [Fact]
    public async Task FirstUnderWay_SecondIsToldToWait_AndThenGetsItsAnswer()
    {
        await using var grains = await GrainEngine.StartAsync();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await grains.GatewayAsync(app => app.MapPost("/api/v1/slow", async () =>
        {
            begun.SetResult();
            await goOn.Task;
            return TypedResults.Text("done");
        }).Requires(Permission.CreateSession).TakesIdempotencyKey());
        var first = PostAsync(host.Client, "/api/v1/slow", "", "key");
        await begun.Task;
        using var second = await PostAsync(host.Client, "/api/v1/slow", "", "key");
        await GatewayHost.ErrorOf(second, ErrorTable.RequestUnderWay);
        Assert.Equal("1", second.Headers.RetryAfter!.ToString());
        goOn.SetResult();
        using var done = await first;
        using var third = await PostAsync(host.Client, "/api/v1/slow", "", "key");
        Assert.Equal(("done", "true"), (await third.Content.ReadAsStringAsync(), third.Headers.GetValues("Idempotency-Replayed").Single()));
    }

    [Fact]
    public async Task Refused_IsNotKept_AndItsKeyIsFree()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var refused = await PostAsync(host.Client, "/api/v1/sessions", "{}", "key");
        await GatewayHost.ErrorOf(refused, ErrorTable.MissingField);
        using var mended = await PostAsync(host.Client, "/api/v1/sessions", One, "key");
        Assert.Equal(HttpStatusCode.Created, mended.StatusCode);
    }

    [Fact]
    public async Task FailedAndPerhapsHappened_RepeatedIsTheSameThing()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        var asked = new List<Guid>();
        // The session was made, and the answer was lost on its way.
        host.Node.OnCreate = id =>
        {
            asked.Add(id);
            if (asked.Count == 1)
                throw new InvalidOperationException("lost");
        };
        using var lost = await PostAsync(host.Client, "/api/v1/sessions", One, "key");
        await GatewayHost.ErrorOf(lost, ErrorTable.Internal);
        using var other = await PostAsync(host.Client, "/api/v1/sessions", """{"name":"two"}""", "key");
        await GatewayHost.ErrorOf(other, ErrorTable.KeyOfAnotherRequest);
        using var again = await PostAsync(host.Client, "/api/v1/sessions", One, "key");
        Assert.Equal((HttpStatusCode.Created, false), (again.StatusCode, again.Headers.Contains("Idempotency-Replayed")));
        Assert.Equal(2, asked.Count);
        Assert.Equal(asked[0], asked[1]);
    }

    [Fact]
    public async Task Repeated_AfterAnotherRecorderTookIt_IsTheSameSession_WhicheverIsAskedFirst()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IRecorderNames>(new Names("silo-1", "silo-2", "silo-3")));
        host.Node.Engine = () => grains.Engine;
        var asked = new List<Guid>();
        // The first recorder is away, the second makes the session, and the answer is lost.
        host.Node.OnCreate = id =>
        {
            asked.Add(id);
            if (asked.Count == 1)
                throw new GrainUnreachableException("recorder/first", "it is away");
            if (asked.Count > 2)
                return;
            host.Node.Session(id).BeAt("second");
            throw new InvalidOperationException("lost");
        };
        using (var lost = await PostAsync(host.Client, "/api/v1/sessions", One, "key"))
            await GatewayHost.ErrorOf(lost, ErrorTable.Internal);
        Assert.All(asked, id => Assert.Equal(7, id.Version));
        Assert.NotEqual(asked[0], asked[1]);
        using var again = await PostAsync(host.Client, "/api/v1/sessions", One, "key");
        Assert.Equal(asked[1], (await GatewayHost.JsonOf(again, 201)).GetProperty("session_id").GetGuid());
        Assert.Equal([asked[0], asked[1], asked[1]], asked);
    }

    [Fact]
    public async Task Replay_IsNoSecondDeedInTheLog()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        foreach (var (path, body) in new[] { ("/api/v1/sessions", One), ("/api/v1/users", $$"""{"address":"{{Ada}}"}""") })
        {
            for (var i = 0; i < 2; i++)
            {
                using var answer = await PostAsync(host.Client, path, body, "key-" + path.Length);
                Assert.Equal(i == 1, answer.Headers.Contains("Idempotency-Replayed"));
            }
        }
        await host.StopAsync();
        Assert.StartsWith("session/", Assert.Single(host.Node.Audit.Events, one => one.Action == "session_create").Resource, StringComparison.Ordinal);
        Assert.Equal(
            [(AuditOutcome.Begun, $"user/{Ada}"), (AuditOutcome.Success, $"user/{Ada}")],
            host.Node.Audit.Events.Where(one => one.Action == "user_admit").Select(one => (one.Outcome, one.Resource)));
    }

    [Fact]
    public async Task Answer_TooLargeToKeep_IsWorkedThroughAgain()
    {
        await using var grains = await GrainEngine.StartAsync();
        var ids = new List<Guid>();
        await using var host = await grains.GatewayAsync(app => app.MapPost("/api/v1/large", (HttpContext context, TimeProvider clock) =>
        {
            ids.Add(context.NewId(clock));
            return TypedResults.Text(new string('a', IdempotentCall.MaxKept + 1));
        }).Requires(Permission.CreateSession).TakesIdempotencyKey());
        for (var i = 0; i < 2; i++)
        {
            using var answer = await PostAsync(host.Client, "/api/v1/large", "", "key");
            Assert.Equal((IdempotentCall.MaxKept + 1, false), ((await answer.Content.ReadAsStringAsync()).Length, answer.Headers.Contains("Idempotency-Replayed")));
        }
        Assert.Equal(2, ids.Count);
        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public async Task EveryMarkedEndpoint_Repeats()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        var session = await host.CreateSessionAsync();
        using var ada = new HttpClient { BaseAddress = host.Address };
        ada.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Ada, Role.User));
        foreach (var (client, path, body) in new[]
                 {
                     (host.Client, "/api/v1/users", $$"""{"address":"{{Ada}}"}"""), (ada, "/api/v1/trust/policies", """{"name":"mine","rules":[]}"""),
                     (host.Client, $"/api/v1/sessions/{session}/shares", $$"""{"auditor":"{{Ada}}","expires_at":"2026-02-01T00:00:00Z"}"""),
                 })
        {
            using var first = await PostAsync(client, path, body, "key-" + path.Length);
            using var again = await PostAsync(client, path, body, "key-" + path.Length);
            Assert.True(first.IsSuccessStatusCode, $"{path}: {await first.Content.ReadAsStringAsync()}");
            Assert.Equal((first.StatusCode, await first.Content.ReadAsStringAsync(), true), (again.StatusCode, await again.Content.ReadAsStringAsync(), again.Headers.Contains("Idempotency-Replayed")));
        }
    }

    [Theory]
    [InlineData("/api/v1/auth/tokens", """{"name":"ci"}""")]
    [InlineData("/api/v1/auth/mail/recovery-codes", """{"code":"123456"}""")]
    public async Task Secret_ToldOnce_TakesNoKey(string path, string body)
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var answer = await PostAsync(host.Client, path, body, "key");
        Assert.Contains("Idempotency-Key", (await GatewayHost.ErrorOf(answer, ErrorTable.InvalidRequest)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string json, params string[] keys)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var key in keys)
            Assert.True(request.Headers.TryAddWithoutValidation("Idempotency-Key", key));
        return await client.SendAsync(request);
    }

    private sealed class Names(params string[] names) : IRecorderNames
    {
        public ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation) => ValueTask.FromResult(names.ToImmutableArray());
    }
}
