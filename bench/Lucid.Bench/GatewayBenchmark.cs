using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lucid.Bench.Load;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Bench;

/// <summary>People at the door: logins a second, and what those who are in read, beside bare Kestrel that answers the same bytes.</summary>
internal static class GatewayBenchmark
{
    private const int ActiveUsers = 1_000;

    // Nobody is to be told to wait: what is measured is how fast they could be served.
    private static readonly (string, string)[] _limits =
    [
        .. from name in (string[])["STRANGERS", "USERS", "ADMINS", "LOGIN", "REFRESH", "CREATESESSION", "CHAINQUERIES"] select ($"LUCID__LIMITS__{name}", "10000000"),
        ("LUCID__LIMITS__LOGINBLOCK", "00:00:00"),
    ];

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"), _limits);
        var users = await LoginsAsync(node, effort, report);
        var user = users[0];
        var session = (await SendAsync(user, node, HttpMethod.Post, "sessions", new { name = "bench", idle_limit_seconds = 3600 })).GetProperty("session_id").GetGuid();
        var target = new Target(">= 12,000/s, >= 20 % of bare, p99 < 15 ms", null);
        await BareKestrel.CompareAsync(node.Address, $"/api/v1/sessions/{session:D}", user, effort, report, "signed in, GET of a session", target);
        await BareKestrel.CompareAsync(node.Address, "/api/v1/sessions", user, effort, report, "signed in, list of sessions", target);
        await ActiveAsync(node, users, effort, report);
    }

    /// <summary>Everybody's first login. The wallets sign before, since they are not ours to be fast.</summary>
    private static async Task<List<string>> LoginsAsync(NodeProcess node, Effort effort, Report report)
    {
        var count = effort.Quick ? 100 : ActiveUsers;
        var bodies = new List<object>();
        for (var i = 0; i < count; i++)
        {
            var key = Secp256k1PrivateKey.Generate();
            var address = WalletAddress.Of(key.PublicKey).ToString();
            (await node.Http.PostAsJsonAsync("api/v1/users", new { address })).EnsureSuccessStatusCode();
            using var answer = await node.Http.PostAsJsonAsync("api/v1/auth/challenge", new { address });
            var message = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;
            bodies.Add(new { address, message, signature = key.Sign(PersonalMessage.Digest(WalletSignature.Network, Encoding.ASCII.GetBytes(message))).ToString() });
        }
        var tokens = new string[count];
        var before = (await node.UsageAsync()).CpuSeconds;
        var seconds = await Measure.TimeAsync(() => Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, cancellation) =>
        {
            using var answer = await node.Http.PostAsJsonAsync("api/v1/auth/login", bodies[i], cancellation);
            answer.EnsureSuccessStatusCode();
            tokens[i] = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("access_token").GetString()!;
        }));
        var perCore = count / ((await node.UsageAsync()).CpuSeconds - before);
        report.Add("logins, per CPU second of the node", new Sample([perCore]), Unit.PerSecond, $"{count:#,0} wallets, {count / seconds:#,0}/s by the clock", new Target(">= 300/s per core", perCore >= 300));
        return [.. tokens];
    }

    /// <summary>Each of them reads once a second, on a connection of their own.</summary>
    private static async Task ActiveAsync(NodeProcess node, List<string> users, Effort effort, Report report)
    {
        var time = effort.Duration ?? TimeSpan.FromSeconds(effort.Quick ? 5 : 60);
        var (answers, errors) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(users.Select(async (token, i) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1000.0 * i / users.Count), TimeProvider.System);
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var began = Stopwatch.GetTimestamp();
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, "/api/v1/sessions"));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                using var answer = await node.Http.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                    Interlocked.Increment(ref answers);
                else
                    Interlocked.Increment(ref errors);
                if (TimeSpan.FromSeconds(1) - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } rest)
                    await Task.Delay(rest, TimeProvider.System);
            }
        }));
        report.Add($"{users.Count:#,0} users active at once, {time.TotalSeconds:0} s", new Sample([answers / time.TotalSeconds]), Unit.PerSecond, $"{answers:#,0} answers, {errors} errors", new Target("no error", errors == 0));
    }

    private static async Task<JsonElement> SendAsync(string token, NodeProcess node, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.Address, $"/api/v1/{path}")) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await node.Http.SendAsync(request);
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }
}
