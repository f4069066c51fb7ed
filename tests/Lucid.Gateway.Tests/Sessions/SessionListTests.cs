using System.Text.Json;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Sessions;

/// <summary>Searching the list of sessions, and reading it from cursor to cursor.</summary>
public sealed class SessionListTests
{
    [Theory]
    [InlineData("created_at")]
    [InlineData("name")]
    public async Task List_FromCursorToCursor_GivesEachSessionOnce_AndEndsWithoutOne(string sort)
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var name in new[] { "a", "ä\"&+/=", "c", "d", "e" })
            await host.CreateSessionAsync(new { name });
        var query = $"/api/v1/sessions?limit=2&sort={sort}";
        var list = await ListAsync(host, query);
        Assert.Equal(5, list.GetProperty("pagination").GetProperty("total").GetInt64());
        var names = Names(list);
        for (var pages = 1; list.GetProperty("pagination").TryGetProperty("next_cursor", out var cursor); pages++)
        {
            Assert.InRange(pages, 1, 2);
            list = await ListAsync(host, $"{query}&cursor={cursor.GetString()}");
            // Nothing was counted for it.
            Assert.DoesNotContain("total", list.GetProperty("pagination").GetRawText(), StringComparison.Ordinal);
            names.AddRange(Names(list));
        }
        Assert.Equal(["a", "c", "d", "e", "ä\"&+/="], names);
        Assert.Equal("""{"limit":2}""", list.GetProperty("pagination").GetRawText());
    }

    [Fact]
    public async Task List_WithWords_ReachesTheDirectory_TogetherWithTheOwner()
    {
        await using var host = await GatewayHost.StartAsync(new GatewayOptions { Token = GatewayHost.Token, Node = GatewayHost.NodeId, IsForPeers = true });
        await host.CreateSessionAsync(new { name = "report one", owner = "ada" });
        await host.CreateSessionAsync(new { name = "report two", owner = "eva" });
        await host.CreateSessionAsync(new { name = "other", owner = "ada" });
        Assert.Equal(["report one", "report two"], Names(await ListAsync(host, "/api/v1/sessions?q=report", Caller.Local)));
        Assert.Equal(["report two"], Names(await ListAsync(host, "/api/v1/sessions?q=report&owner=eva", Caller.Local)));
        // A user finds nothing that they could not list.
        var ada = new Caller("ada", Role.User);
        Assert.Equal(["report one"], Names(await ListAsync(host, "/api/v1/sessions?q=report", ada)));
        Assert.Equal(("report", "ada"), (host.Node.LastQuery!.Search, host.Node.LastQuery.Owner));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions?q=report&owner=eva");
        request.Headers.Add(CallerHeader.Name, CallerHeader.Write(ada));
        using var answer = await host.Client.SendAsync(request);
        await GatewayHost.ErrorOf(answer, ErrorTable.PermissionDenied);
    }

    [Fact]
    public async Task List_OfWhatIsShared_AsksEachSession_AndLeavesOutWhatMayNotBeSeen()
    {
        await using var host = await GatewayHost.StartAsync(new GatewayOptions { Token = GatewayHost.Token, Node = GatewayHost.NodeId, IsForPeers = true });
        foreach (var (name, owner) in new[] { ("a", "ada"), ("b", "eva"), ("c", "ada"), ("other", "ada") })
        {
            var session = host.Node.Session(await host.CreateSessionAsync(new { name, owner }));
            if (name != "other")
                await session.ShareAsync(Caller.Local, new SessionShare("bob", DateTimeOffset.MaxValue));
            session.IsWithheld = name == "c";
        }
        await host.CreateSessionAsync(new { name = "his own", owner = "bob" });
        var bob = new Caller("bob", Role.User);
        Assert.Equal(["a", "b"], Names(await ListAsync(host, "/api/v1/sessions?shared=true", bob)));
        Assert.Equal((null, "bob"), (host.Node.LastQuery!.Owner, host.Node.LastQuery.SharedWith));
        Assert.Equal(["b"], Names(await ListAsync(host, "/api/v1/sessions?shared=true&owner=eva", bob)));
        Assert.Equal(["his own"], Names(await ListAsync(host, "/api/v1/sessions?shared=false", bob)));
        Assert.Empty(Names(await ListAsync(host, "/api/v1/sessions?shared=true", new Caller("admin", Role.Admin))));
    }

    [Fact]
    public async Task List_OfWhatIsShared_WithASessionThatIsDamaged_HasTheOthers()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Node.Session(await host.CreateSessionAsync(new { name = "a" })).Shares.Add(new SessionShare("local", DateTimeOffset.MaxValue));
        host.Node.Failure = new GrainDamagedException("grains.db", "session/1", "it holds nothing of it");
        Assert.Empty(Names(await ListAsync(host, "/api/v1/sessions?shared=true")));
        host.Node.Failure = new GrainStoreException("The store is away.");
        using var failed = await host.Client.GetAsync("/api/v1/sessions?shared=true");
        await GatewayHost.ErrorOf(failed, ErrorTable.StoreFailed);
    }

    [Fact]
    public async Task Statistics_AreOnesOwn_AndForAdministratorsThoseOfOneOrAll()
    {
        await using var host = await GatewayHost.StartAsync(new GatewayOptions { Token = GatewayHost.Token, Node = GatewayHost.NodeId, IsForPeers = true });
        foreach (var owner in new[] { "ada", "ada", "eva" })
            await host.CreateSessionAsync(new { name = "a", owner });
        var ada = new Caller("ada", Role.User);
        var own = await ListAsync(host, "/api/v1/sessions/statistics", ada);
        Assert.Equal(
            """{"sessions":2,"by_status":[{"status":"created","sessions":2}],"chunk_count":0,"size_bytes":0,"stored_bytes":0,"duration_ms":0,"gap_count":0,"gap_ms":0}""", own.GetRawText());
        Assert.Equal(3, (await ListAsync(host, "/api/v1/sessions/statistics", Caller.Local)).GetProperty("sessions").GetInt32());
        Assert.Equal(1, (await ListAsync(host, "/api/v1/sessions/statistics?owner=eva", Caller.Local)).GetProperty("sessions").GetInt32());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions/statistics?owner=eva");
        request.Headers.Add(CallerHeader.Name, CallerHeader.Write(ada));
        using var answer = await host.Client.SendAsync(request);
        await GatewayHost.ErrorOf(answer, ErrorTable.PermissionDenied);
    }

    [Theory]
    [InlineData("q=", 1004, "1 to 200 characters")]
    [InlineData("q={201}", 1004, "1 to 200 characters, not 201")]
    [InlineData("cursor=", 1003, "next_cursor")]
    [InlineData("cursor=!", 1003, "next_cursor")]
    [InlineData("cursor={other id}", 1003, "next_cursor")]
    [InlineData("cursor={place}&page=1", 1001, "page and cursor exclude each other")]
    [InlineData("cursor={place}&sort=name", 1001, "sort=created_at")]
    [InlineData("cursor={place}&limit=101", 1004, "limit")]
    public async Task List_BadSearchOrCursor_IsRefused_WithTheCure(string query, int number, string cure)
    {
        await using var host = await GatewayHost.StartAsync();
        query = query.Replace("{201}", new string('a', 201), StringComparison.Ordinal)
            .Replace("{place}", ListCursor.Write(new ListPosition("created_at", Guid.NewGuid().ToString("D"))), StringComparison.Ordinal)
            .Replace("{other id}", ListCursor.Write(new ListPosition("created_at", "TAda")), StringComparison.Ordinal);
        using var answer = await host.Client.GetAsync($"/api/v1/sessions?{query}");
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Contains(cure, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Null(host.Node.LastQuery);
    }

    private static async Task<JsonElement> ListAsync(GatewayHost host, string query, Caller? caller = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, query);
        if (caller is not null)
            request.Headers.Add(CallerHeader.Name, CallerHeader.Write(caller));
        using var answer = await host.Client.SendAsync(request);
        return await GatewayHost.JsonOf(answer, 200);
    }

    private static List<string> Names(JsonElement list) => [.. list.GetProperty("sessions").EnumerateArray().Select(one => one.GetProperty("name").GetString()!)];
}
