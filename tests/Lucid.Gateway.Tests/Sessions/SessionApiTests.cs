using System.Net;
using System.Net.Http.Json;
using System.Text;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Sessions;

public sealed class SessionApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Create_NameOnly_AnswersSessionWithLeaseAndLocation()
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsJsonAsync("/api/v1/sessions", new { name = "one" });
        var session = await GatewayHost.JsonOf(answer, 201);
        var id = session.GetProperty("session_id").GetString();
        Assert.Equal($"/api/v1/sessions/{id}", answer.Headers.Location!.ToString());
        Assert.Equal(1, session.GetProperty("lease").GetInt64());
        Assert.Equal("created", session.GetProperty("status").GetString());
        Assert.Equal("local", session.GetProperty("owner").GetString());
        Assert.Equal(60, session.GetProperty("idle_limit_seconds").GetInt32());
        Assert.Equal("2026-01-31T12:00:00.000Z", session.GetProperty("created_at").GetString());
        Assert.Equal("application/octet-stream", session.GetProperty("tracks")[0].GetProperty("media_type").GetString());
        Assert.Equal('7', id![14]);
    }

    [Fact]
    public async Task Create_EveryField_ReachesTheGrain()
    {
        var host = shared.Host;
        var before = await host.CreateSessionAsync();
        var id = await host.CreateSessionAsync(new
        {
            name = "all",
            description = "what it is",
            owner = "TXYZ",
            tracks = new object[] { new { track = 1, media_type = "application/x-asciicast", name = "bash" }, new { track = 0 } },
            idle_limit_seconds = 10,
            retention_seconds = 5,
            continues = before,
        });
        var view = host.Node.Session(id).View();
        Assert.Equal(("all", "what it is", "TXYZ", 10, 5L, before), (view.Name, view.Description, view.Owner, view.IdleLimitSeconds, view.RetentionSeconds, view.Continues));
        Assert.Equal([new TrackInfo(0, "application/octet-stream", ""), new TrackInfo(1, "application/x-asciicast", "bash")], view.Tracks);
        Assert.Equal(GatewayHost.NodeId, view.Recorder);
    }

    [Fact]
    public async Task Change_EveryField_ReachesTheGrain_AndTheLogSaysWhichWithoutTheirTexts()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        using var answer = await host.Client.PutAsJsonAsync($"/api/v1/sessions/{id}", new
        {
            name = "another",
            description = "what it became",
            tracks = new object[] { new { track = 1, media_type = "application/x-asciicast", name = "bash" }, new { track = 0 } },
            idle_limit_seconds = 10,
            retention_seconds = 0,
        });
        var view = await GatewayHost.JsonOf(answer, 200);
        Assert.Equal(("another", "what it became", 10, 0), (view.GetProperty("name").GetString(), view.GetProperty("description").GetString(), view.GetProperty("idle_limit_seconds").GetInt32(), view.GetProperty("retention_seconds").GetInt32()));
        Assert.Equal([new TrackInfo(0, "application/octet-stream", ""), new TrackInfo(1, "application/x-asciicast", "bash")], host.Node.Session(id).View().Tracks);
        using var read = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        Assert.Equal(read.Headers.ETag, answer.Headers.ETag);
        var told = host.Node.Audit.Events.Last(one => one.Action == "session_change");
        Assert.Equal("name description tracks idle_limit_seconds retention_seconds", told.Details["fields"]);
        Assert.Equal($"session/{id}", told.Resource);
    }

    [Fact]
    public async Task Change_OfWhatSomebodyElseHasChanged_ChangesNothing()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync(new { name = "one", description = "kept" });
        using var read = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        using var first = await PutAsync("two");
        Assert.Equal("kept", (await GatewayHost.JsonOf(first, 200)).GetProperty("description").GetString());
        using var late = await PutAsync("three");
        await GatewayHost.ErrorOf(late, ErrorTable.ChangedMeanwhile);
        Assert.Equal("two", host.Node.Session(id).View().Name);

        async Task<HttpResponseMessage> PutAsync(string name)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/sessions/{id}") { Content = JsonContent.Create(new { name }), Headers = { IfMatch = { read.Headers.ETag! } } };
            return await host.Client.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("", 1002, "body")]
    [InlineData("""{"name":""}""", 1004, "name")]
    [InlineData("""{"name":"a\nb"}""", 1004, "name")]
    [InlineData("""{"idle_limit_seconds":9}""", 1004, "idle_limit_seconds")]
    [InlineData("""{"idle_limit_seconds":86401}""", 1004, "idle_limit_seconds")]
    [InlineData("""{"retention_seconds":-1}""", 1004, "retention_seconds")]
    [InlineData("""{"retention_seconds":3155760001}""", 1004, "retention_seconds")]
    [InlineData("""{"tracks":[]}""", 1004, "tracks")]
    [InlineData("""{"owner":"eve"}""", 1009, "owner")]
    [InlineData("""{"status":"anchored"}""", 1009, "status")]
    public async Task Change_OfWhatCannotBe_IsRefused_AndNamed(string body, int number, string named)
    {
        var id = await shared.Host.CreateSessionAsync();
        using var answer = await shared.Host.Client.PutAsync($"/api/v1/sessions/{id}", new StringContent(body, Encoding.UTF8, "application/json"));
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Contains(named, error.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", 1002, "name")]
    [InlineData("""{"name":""}""", 1002, "name")]
    [InlineData("""{"name":"a\nb"}""", 1004, "name")]
    [InlineData("""{"name":"a","idle_limit_seconds":9}""", 1004, "idle_limit_seconds")]
    [InlineData("""{"name":"a","idle_limit_seconds":86401}""", 1004, "idle_limit_seconds")]
    [InlineData("""{"name":"a","retention_seconds":-1}""", 1004, "retention_seconds")]
    [InlineData("""{"name":"a","owner":""}""", 1004, "owner")]
    [InlineData("""{"name":"a","tracks":[]}""", 1004, "tracks")]
    [InlineData("""{"name":"a","tracks":[{"track":1}]}""", 1004, "tracks")]
    [InlineData("""{"name":"a","tracks":[{"track":0},{"track":0}]}""", 1004, "tracks")]
    [InlineData("""{"name":"a","tracks":[{"track":0},{"track":256}]}""", 1004, "tracks")]
    [InlineData("""{"name":"a","tracks":[{"track":0,"media_type":"nonsense"}]}""", 1004, "tracks")]
    [InlineData("""{"name":"a","continues":"x"}""", 1009, "$.continues")]
    [InlineData("""{"name":"a","nmae":"b"}""", 1009, "$.nmae")]
    [InlineData("""{"name":1}""", 1009, "$.name")]
    [InlineData("""{"name":"a" """, 1009, "JSON")]
    [InlineData("nonsense", 1009, "JSON")]
    [InlineData("null", 1002, "body")]
    [InlineData("", 1002, "body")]
    public async Task Create_BadBody_SaysWhatIsWrong(string body, int number, string names)
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsync("/api/v1/sessions", new StringContent(body, Encoding.UTF8, "application/json"));
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Contains(names, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Lucid.Gateway", error.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_SeveralMistakes_NamesAllOfThem()
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsJsonAsync("/api/v1/sessions", new { name = new string('a', 256), idle_limit_seconds = 1, description = new string('b', 1001) });
        var details = (await GatewayHost.ErrorOf(answer, ErrorTable.OutOfRange)).GetProperty("details");
        Assert.Equal(["name", "description", "idle_limit_seconds"], details.EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public async Task Create_NotJson_IsUnsupportedMediaType()
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsync("/api/v1/sessions", new StringContent("name=a", Encoding.UTF8, "application/x-www-form-urlencoded"));
        await GatewayHost.ErrorOf(answer, ErrorTable.UnsupportedMediaType);
    }

    [Fact]
    public async Task Create_BodyOf65KiB_IsTooLarge()
    {
        var host = shared.Host;
        using var answer = await host.Client.PostAsJsonAsync("/api/v1/sessions", new { name = "a", description = new string('b', 65 * 1024) });
        await GatewayHost.ErrorOf(answer, ErrorTable.BodyTooLarge);
    }

    [Fact]
    public async Task List_PageLimitStatusSort_ReachTheDirectory()
    {
        await using var host = await GatewayHost.StartAsync();
        for (var i = 0; i < 5; i++)
            await host.CreateSessionAsync(new { name = $"s{i}" });
        using var answer = await host.Client.GetAsync("/api/v1/sessions?page=2&limit=2&status=created&sort=name");
        var list = await GatewayHost.JsonOf(answer, 200);
        Assert.Equal(["s2", "s3"], list.GetProperty("sessions").EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
        var next = list.GetProperty("pagination").GetProperty("next_cursor").GetString();
        Assert.Equal($$"""{"page":2,"limit":2,"total":5,"pages":3,"next_cursor":"{{next}}"}""", list.GetProperty("pagination").GetRawText());
        Assert.Equal(new SessionListQuery(2, 2, SessionStatus.Created, "name", null), host.Node.LastQuery);
    }

    [Theory]
    [InlineData("page=0", 1004)]
    [InlineData("limit=101", 1004)]
    [InlineData("limit=0", 1004)]
    [InlineData("limit=many", 1003)]
    [InlineData("status=lost", 1004)]
    [InlineData("status=none", 1004)]
    [InlineData("status=1", 1004)]
    [InlineData("sort=size", 1004)]
    public async Task List_BadQuery_NamesTheParameter(string query, int number)
    {
        var host = shared.Host;
        using var answer = await host.Client.GetAsync($"/api/v1/sessions?{query}");
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Contains(query[..query.IndexOf('=', StringComparison.Ordinal)], error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/heartbeat")]
    [InlineData("POST", "/pause")]
    [InlineData("POST", "/stop")]
    [InlineData("GET", "/chunks")]
    [InlineData("GET", "/leaves")]
    [InlineData("GET", "/receipt")]
    [InlineData("GET", "/evidence")]
    [InlineData("GET", "/playback")]
    [InlineData("GET", "/pipeline")]
    [InlineData("GET", "/key")]
    public async Task AnyEndpoint_UnknownOrMalformedId_IsRefused(string method, string rest)
    {
        var host = shared.Host;
        using var unknown = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/sessions/{Guid.CreateVersion7()}{rest}");
        unknown.Headers.Add("Lucid-Lease", "1");
        using var missing = await host.Client.SendAsync(unknown);
        await GatewayHost.ErrorOf(missing, ErrorTable.NotFound);

        using var malformed = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/sessions/not-a-uuid{rest}");
        malformed.Headers.Add("Lucid-Lease", "1");
        using var bad = await host.Client.SendAsync(malformed);
        var error = await GatewayHost.ErrorOf(bad, ErrorTable.BadUuid);
        Assert.Contains("not-a-uuid", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lifecycle_HeartbeatPauseResumeStopErase_AnswerViews()
    {
        var host = shared.Host;
        var path = $"/api/v1/sessions/{await host.CreateSessionAsync()}";
        using var beat = await host.PostAsync($"{path}/heartbeat");
        Assert.Equal(HttpStatusCode.NoContent, beat.StatusCode);
        Assert.Equal("paused", (await GatewayHost.JsonOf(await host.PostAsync($"{path}/pause"), 200)).GetProperty("status").GetString());
        Assert.Equal(2, (await GatewayHost.JsonOf(await host.PostAsync($"{path}/resume", lease: null), 200)).GetProperty("lease").GetInt64());
        await GatewayHost.ErrorOf(await host.PostAsync($"{path}/stop"), ErrorTable.Fenced);
        Assert.Equal("anchoring", (await GatewayHost.JsonOf(await host.PostAsync($"{path}/stop", "2"), 200)).GetProperty("status").GetString());
        Assert.Equal("anchoring", (await GatewayHost.JsonOf(await host.PostAsync($"{path}/recover", null), 200)).GetProperty("status").GetString());
        Assert.Equal("erased", (await GatewayHost.JsonOf(await host.Client.DeleteAsync(path), 200)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Resume_InterruptedSession_AnswersTheNewOneWithLocation()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        host.Node.Session(id).Interrupted = true;
        using var answer = await host.PostAsync($"/api/v1/sessions/{id}/resume", lease: null);
        var continued = (await GatewayHost.JsonOf(answer, 201)).GetProperty("session_id").GetGuid();
        Assert.NotEqual(id, continued);
        Assert.Equal($"/api/v1/sessions/{continued}", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Stop_WithHoles_IsRefusedUnlessGapsAreAccepted()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        (await host.PutChunkAsync(id, 1, [1])).Dispose();
        var error = await GatewayHost.ErrorOf(await host.PostAsync($"/api/v1/sessions/{id}/stop"), ErrorTable.SessionHoles);
        Assert.Contains("accept_gaps=true", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await GatewayHost.ErrorOf(await host.PostAsync($"/api/v1/sessions/{id}/stop?accept_gaps=maybe"), ErrorTable.BadFormat);
    }

    [Theory]
    [InlineData("/heartbeat")]
    [InlineData("/pause")]
    [InlineData("/stop")]
    public async Task LeaseEndpoint_WithoutOrWithBadLease_IsRefused(string rest)
    {
        var host = shared.Host;
        var path = $"/api/v1/sessions/{await host.CreateSessionAsync()}{rest}";
        await GatewayHost.ErrorOf(await host.PostAsync(path, lease: null), ErrorTable.MissingField);
        foreach (var lease in new[] { "0", "-1", "01", "1.0", "one", "99999999999999999999" })
            await GatewayHost.ErrorOf(await host.PostAsync(path, lease), ErrorTable.BadFormat);
    }
}
