using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lucid.Silo.Tests.Identity;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>
/// A user sends each request of the document that has an id in it, with the ids of somebody else's things: none is let through, and none changes anything. A new
/// operation is swept as soon as it is documented.
/// </summary>
public sealed class StrangerTests(SharedWorld shared) : IClassFixture<SharedWorld>
{
    /// <summary>Operations whose ids are nobody's, or that make something of one's own.</summary>
    private static readonly string[] _ofEverybody =
    [
        "POST /api/v1/sessions", "POST /api/v1/trust/policies", "PUT /api/v1/users/me", "POST /api/v1/merkle/verify",
        "GET /api/v1/blocks/height/{height}", "GET /api/v1/blocks/{id}",
    ];

    /// <summary>Operations that take things off a list of one's own: what is not on it, others' things too, makes no difference.</summary>
    private static readonly string[] _ofOwnLists = ["DELETE /api/v1/auth/sessions/{login}", "DELETE /api/v1/auth/tokens/{token}"];

    /// <summary>Query parameters that name no thing of anybody's. Any other one has a row in <see cref="Ids_InQueriesAndBodies_OfOthers_AreRefused"/>.</summary>
    private static readonly string[] _namesNothing =
    [
        "page", "limit", "status", "sort", "q", "cursor", "accept_gaps", "everywhere", "role", "kind", "outcome", "from", "to", "format", "first", "count", "renew", "full",
        "skip_damaged", "track", "height_from", "height_to", "shared",
        // Of the audit log, which takes a permission that no user has.
        "actor", "resource",
    ];

    [Fact]
    public async Task Operation_WithIdsOfOthers_IsRefused_AndChangesNothing()
    {
        var world = shared.World;
        using var eve = await EveAsync(world);
        List<string> faults = [];
        foreach (var operation in world.Operations.Where(one => !one.IsOpen && (one.Body is not null || one.Parameters.Any(parameter => (string?)parameter["in"] == "path")) && !_ofEverybody.Contains(one.Name, StringComparer.Ordinal)))
        {
            var sent = await world.PrepareAsync(operation.Name);
            var before = await SeeAsync(world, sent);
            using (var answer = await eve.Client.SendAsync(operation.RequestOf(sent.Instead)))
            {
                var text = await answer.Content.ReadAsStringAsync();
                var documented = (string?)operation.Json["responses"]![$"{(int)answer.StatusCode}"]?["description"];
                var isRight = _ofOwnLists.Contains(operation.Name, StringComparer.Ordinal)
                    ? answer.IsSuccessStatusCode && !sent.Instead.Any(one => text.Contains(one.Real, StringComparison.Ordinal))
                    : (int)answer.StatusCode is 403 or 404 && documented?.Contains(JsonNode.Parse(text)!["error"]!["code"]!.GetValue<string>(), StringComparison.Ordinal) == true;
                if (!isRight)
                    faults.Add($"{operation.Name} answers a stranger {(int)answer.StatusCode} {text}");
            }
            if (await SeeAsync(world, sent) is var after && after != before)
                faults.Add($"{operation.Name} by a stranger changed what was {before} to {after}");
            // Nothing is in the way of whose it is, either.
            using var whose = await sent.By.SendAsync(operation.RequestOf(sent.Instead));
            if (!whose.IsSuccessStatusCode && sent.Refusal is null)
                faults.Add($"{operation.Name} answers whose it is {(int)whose.StatusCode} {await whose.Content.ReadAsStringAsync()}");
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Ids_InQueriesAndBodies_OfOthers_AreRefused()
    {
        var world = shared.World;
        using var eve = await EveAsync(world);
        var policy = (await world.PrepareAsync("GET /api/v1/trust/policies/{id}")).Instead.First(one => one.Example == world.Policy).Real;
        (string Method, string Path, string Name, object? Body, int Status)[] rows =
        [
            ("GET", $"sessions?owner={world.Ada.Address}", "owner", null, 403),
            ("GET", $"sessions/statistics?owner={world.Ada.Address}", "owner", null, 403),
            ("GET", $"trust/policies?owner={world.Ada.Address}", "owner", null, 403),
            ("POST", "sessions", "owner", new { name = "x", owner = world.Ada.Address }, 403),
            ("POST", "sessions", "continues", new { name = "x", continues = world.Anchored }, 404),
            ("POST", "sessions", "policy_id", new { name = "x", policy_id = policy }, 404),
            ("POST", "auth/tokens", "session_id", new { name = "x", session_id = world.Anchored }, 404),
            ("POST", "anchoring/verify", "session_id", new { session_id = world.Anchored, merkle_root = new string('0', 64) }, 404),
        ];
        foreach (var (method, path, _, body, status) in rows)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await eve.Client.SendAsync(request);
            Assert.True(status == (int)answer.StatusCode, $"{method} {path} answers a stranger {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        var named = rows.Select(row => row.Name).Concat(_namesNothing).ToHashSet(StringComparer.Ordinal);
        var queries = world.Operations.SelectMany(one => one.Parameters).Where(parameter => (string?)parameter["in"] == "query").Select(parameter => (string)parameter["name"]!);
        var ids = world.Document["components"]!["schemas"]!.AsObject().Where(schema => schema.Key.EndsWith("Body", StringComparison.Ordinal) || schema.Key == "AnchoringQuestion")
            .SelectMany(schema => schema.Value!["properties"] as JsonObject ?? []).Where(property => (string?)property.Value!["format"] == "uuid").Select(property => property.Key);
        Assert.Empty(queries.Concat(ids).Where(name => !named.Contains(name)));
    }

    /// <summary>The lists hold nothing of others, whatever cursor or key of theirs one has.</summary>
    [Fact]
    public async Task Cursor_OrIdempotencyKey_OfSomebodyElse_OpensNothingOfTheirs()
    {
        var world = shared.World;
        using var eve = await EveAsync(world);
        var hers = await CreateAsync(world.Ada);
        Assert.NotEqual(hers, await CreateAsync(eve));
        // Of one's own things alone one is told how many there are, and Eve shares nobody's.
        Assert.Equal(1, (await Wallet.JsonAsync(await eve.Client.GetAsync("sessions/statistics"))).GetProperty("sessions").GetInt32());
        Assert.Empty((await Wallet.JsonAsync(await eve.Client.GetAsync("sessions?shared=true"))).GetProperty("sessions").EnumerateArray());
        var cursor = (await Wallet.JsonAsync(await world.Ada.Client.GetAsync("sessions?limit=1"))).GetProperty("pagination").GetProperty("next_cursor").GetString();
        var list = await Wallet.JsonAsync(await eve.Client.GetAsync($"sessions?cursor={cursor}"));
        Assert.Empty(list.GetProperty("sessions").EnumerateArray());
        Assert.Equal(1, (await Wallet.JsonAsync(await eve.Client.GetAsync("sessions?q=desk"))).GetProperty("pagination").GetProperty("total").GetInt32());

        static async Task<string?> CreateAsync(Wallet wallet)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "sessions") { Content = JsonContent.Create(new { name = "A morning at the desk" }), Headers = { { "Idempotency-Key", "order-17" } } };
            return (await Wallet.JsonAsync(await wallet.Client.SendAsync(request))).GetProperty("session_id").GetString();
        }
    }

    private static async Task<Wallet> EveAsync(ExampleWorld world)
    {
        var eve = new Wallet(world.Node.Url);
        await Wallet.JsonAsync(await world.Node.Client.PostAsJsonAsync("users", new { address = eve.Address, role = "user" }));
        await eve.SignInAsync();
        return eve;
    }

    /// <summary>What there is of the things that a request is about, and of the lists of those whose they are.</summary>
    private static async Task<string> SeeAsync(ExampleWorld world, SentExample sent)
    {
        var session = sent.Instead.First(one => one.Example == world.Session).Real;
        List<string> paths = [$"sessions/{session}", $"sessions/{session}/shares", $"sessions/{session}/approvals", "auth/tokens"];
        paths.AddRange(sent.Instead.Where(one => one.Example == world.Policy).Select(one => $"trust/policies/{one.Real}"));
        paths.AddRange(((string[])[world.Ada.Address, world.Carol.Address]).SelectMany(user => (string[])[$"users/{user}", $"users/{user}/logins"]));
        var seen = await Task.WhenAll(paths.Select(async path => JsonNode.Parse(await world.Ada.Client.GetStringAsync(path))!));
        foreach (var moving in (string[])["duration_ms", "gap_ms"])
            seen[0].AsObject().Remove(moving);
        return string.Join('\n', seen.Select(one => one.ToJsonString()));
    }
}
