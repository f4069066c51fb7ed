using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Identity;

/// <summary>Signing in with a wallet, on a real node over real HTTP.</summary>
public sealed class LoginTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Wallet_ThatWasAdmitted_SignsIn_Records_AndSeesItsOwnOnly()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        using var bob = await AdmittedAsync(node);
        var login = await ada.SignInAsync();
        Assert.Equal((ada.Address, "user"), (login.GetProperty("user_id").GetString(), login.GetProperty("role").GetString()));
        await bob.SignInAsync();

        var session = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "mine" })));
        var id = session.GetProperty("session_id").GetGuid();
        Assert.Equal(ada.Address, session.GetProperty("owner").GetString());
        (await ada.Client.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
        Assert.Equal(1, (await Wallet.JsonAsync(await ada.Client.GetAsync("sessions"))).GetProperty("pagination").GetProperty("total").GetInt32());
        Assert.Equal(0, (await Wallet.JsonAsync(await bob.Client.GetAsync("sessions"))).GetProperty("pagination").GetProperty("total").GetInt32());
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions/{id}"), HttpStatusCode.NotFound, 4001);
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions?owner={ada.Address}"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await bob.Client.PostAsJsonAsync("sessions", new { name = "hers", owner = ada.Address }), HttpStatusCode.Forbidden, 2004);
        // Whoever has the disk sees all.
        (await node.Client.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Wallet_ThatNobodyAdmitted_IsToldSo()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var stranger = new Wallet(node.Url);
        await Wallet.RefusedAsync(await stranger.TrySignInAsync(), HttpStatusCode.Forbidden, 2024);
    }

    [Fact]
    public async Task Challenge_UsedTwice_Altered_OrOfAnother_IsRefused_EachWithItsOwnError()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        using var bob = await AdmittedAsync(node);
        var message = await ada.ChallengeAsync();
        var signature = ada.Sign(message);
        (await LoginAsync(ada, message, signature)).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await LoginAsync(ada, message, signature), HttpStatusCode.Unauthorized, 2017);
        await Wallet.RefusedAsync(await LoginAsync(bob, message, signature), HttpStatusCode.Unauthorized, 2014);
        await Wallet.RefusedAsync(await LoginAsync(ada, message + " ", signature), HttpStatusCode.BadRequest, 2012);
        var elsewhere = message.Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal);
        await Wallet.RefusedAsync(await LoginAsync(ada, elsewhere, ada.Sign(elsewhere)), HttpStatusCode.Unauthorized, 2013);
        using var eve = await AdmittedAsync(node);
        var hers = await eve.ChallengeAsync();
        await Wallet.RefusedAsync(await LoginAsync(eve, hers, bob.Sign(hers)), HttpStatusCode.Unauthorized, 2022);
        await Wallet.RefusedAsync(await LoginAsync(eve, hers, "00"), HttpStatusCode.BadRequest, 2018);
        var later = hers[..^2] + "9Z";
        if (later != hers)
            await Wallet.RefusedAsync(await LoginAsync(eve, later, eve.Sign(later)), HttpStatusCode.Unauthorized, 2015);
    }

    [Fact]
    public async Task Failures_LockTheAccountOut_ForNewLoginsOnly()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        await ada.SignInAsync();
        var message = await ada.ChallengeAsync();
        for (var i = 0; i < 5; i++)
            await Wallet.RefusedAsync(await LoginAsync(ada, message, "00"), HttpStatusCode.BadRequest, 2018);
        using var locked = await ada.TrySignInAsync();
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));
        await Wallet.RefusedAsync(locked, HttpStatusCode.TooManyRequests, 2005);
        (await ada.Client.GetAsync("users/me")).EnsureSuccessStatusCode();
        await ada.RefreshAsync();
        (await ada.Client.GetAsync("users/me")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Logout_IsEffectiveWithinASecond_AndSurvivesARestart()
    {
        string access;
        using var ada = new Wallet(new Uri("http://127.0.0.1:1"));
        await using (var node = await TestNode.StartAsync(_folder))
        {
            using var first = await AdmittedAsync(node);
            await first.SignInAsync();
            access = first.Client.DefaultRequestHeaders.Authorization!.Parameter!;
            (await first.Client.GetAsync("users/me")).EnsureSuccessStatusCode();
            (await first.Client.PostAsync("auth/logout", null)).EnsureSuccessStatusCode();
            await Wallet.RefusedAsync(await FirstRefusalAsync(first.Client, "users/me"), HttpStatusCode.Unauthorized, 2009);
            await Wallet.RefusedAsync(await first.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = first.Refresh }), HttpStatusCode.Unauthorized, 2010);
        }
        await using var again = await TestNode.StartAsync(_folder);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(again.Url, "/api/v1/users/me"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ada.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Refresh_Twice_EndsTheLogin()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        await ada.SignInAsync();
        var stolen = ada.Refresh;
        await ada.RefreshAsync();
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = stolen }), HttpStatusCode.Unauthorized, 2010);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = ada.Refresh }), HttpStatusCode.Unauthorized, 2010);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = "lrt_x" }), HttpStatusCode.Unauthorized, 2010);
    }

    [Fact]
    public async Task Suspended_IsOutEverywhere_AndActivatedSignsInAgain()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        await ada.SignInAsync();
        (await node.Client.PostAsJsonAsync($"users/{ada.Address}/suspend", new { reason = "holidays" })).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await ada.TrySignInAsync(), HttpStatusCode.Forbidden, 2023);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = ada.Refresh }), HttpStatusCode.Forbidden, 2023);
        (await node.Client.PostAsync($"users/{ada.Address}/activate", null)).EnsureSuccessStatusCode();
        ada.Client.DefaultRequestHeaders.Authorization = null;
        await ada.SignInAsync();
    }

    [Fact]
    public async Task Administrator_SeesAll_AndRecordsAndPlaysNothingOfOthers()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        using var admin = await AdmittedAsync(node, "admin");
        await ada.SignInAsync();
        await admin.SignInAsync();
        var id = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "hers" }))).GetProperty("session_id").GetGuid();
        (await admin.Client.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
        Assert.Equal(1, (await Wallet.JsonAsync(await admin.Client.GetAsync("sessions"))).GetProperty("pagination").GetProperty("total").GetInt32());
        await Wallet.RefusedAsync(await admin.Client.GetAsync($"sessions/{id}/playback"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await admin.Client.GetAsync($"sessions/{id}/key"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await admin.Client.GetAsync("keys/recovery"), HttpStatusCode.Forbidden, 2004);
        Assert.Equal(2, (await Wallet.JsonAsync(await admin.Client.GetAsync("users"))).GetProperty("pagination").GetProperty("total").GetInt32());
        await Wallet.RefusedAsync(await ada.Client.GetAsync("users"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await admin.Client.PostAsJsonAsync("users", new { address = ada.Address, role = "super_admin" }), HttpStatusCode.Forbidden, 2004);
    }

    [Fact]
    public async Task Token_ForOneSession_RecordsIt_AndNothingElse_UntilTakenBack()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        await ada.SignInAsync();
        var id = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "recorded by a program" }))).GetProperty("session_id").GetGuid();
        var made = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("auth/tokens", new { name = "recorder", session_id = id }));
        using var program = new HttpClient { BaseAddress = ada.Client.BaseAddress };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("token").GetString());
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/0") { Content = new ByteArrayContent([1, 2, 3]) };
        chunk.Headers.Add("Lucid-Lease", "1");
        (await program.SendAsync(chunk)).EnsureSuccessStatusCode();
        (await program.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await program.GetAsync($"sessions/{id}/playback"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await program.GetAsync("sessions"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await program.PostAsJsonAsync("sessions", new { name = "another" }), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await program.GetAsync("users/me"), HttpStatusCode.Forbidden, 2004);

        (await ada.Client.DeleteAsync($"auth/tokens/{made.GetProperty("made").GetProperty("token_id").GetGuid()}")).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await FirstRefusalAsync(program, $"sessions/{id}"), HttpStatusCode.Unauthorized, 2009);
    }

    [Fact]
    public async Task Auditor_PlaysWhatIsSharedWithThem_AndHasNoKey()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        using var auditor = await AdmittedAsync(node);
        await ada.SignInAsync();
        await auditor.SignInAsync();
        var id = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "shared" }))).GetProperty("session_id").GetGuid();
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/0") { Content = new ByteArrayContent([1, 2, 3]) };
        chunk.Headers.Add("Lucid-Lease", "1");
        (await ada.Client.SendAsync(chunk)).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await auditor.Client.GetAsync($"sessions/{id}/playback"), HttpStatusCode.NotFound, 4001);
        (await ada.Client.PostAsJsonAsync($"sessions/{id}/shares", new { auditor = auditor.Address, expires_at = "2099-01-01T00:00:00Z" })).EnsureSuccessStatusCode();
        Assert.Equal([1, 2, 3], await auditor.Client.GetByteArrayAsync($"sessions/{id}/playback"));
        await Wallet.RefusedAsync(await auditor.Client.GetAsync($"sessions/{id}/key"), HttpStatusCode.Forbidden, 2004);
        (await ada.Client.DeleteAsync($"sessions/{id}/shares/{auditor.Address}")).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await auditor.Client.GetAsync($"sessions/{id}/playback"), HttpStatusCode.NotFound, 4001);
    }

    [Fact]
    public async Task HardwareWallet_IsRemembered()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await AdmittedAsync(node);
        var hardware = new { type = "ledger", path = "m/44'/195'/0'/0/0" };
        var message = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("auth/hardware-wallet/challenge", new { address = ada.Address, hardware_wallet = hardware }))).GetProperty("message").GetString()!;
        // Its v is 0 or 1.
        var signature = ada.Sign(message);
        var v = Convert.ToInt32(signature[^2..], 16);
        var login = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync(
            "auth/hardware-wallet/verify", new { address = ada.Address, message, signature = $"{signature[..^2]}{v - 27:x2}", hardware_wallet = hardware }));
        ada.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", login.GetProperty("access_token").GetString());
        Assert.Equal("ledger", (await Wallet.JsonAsync(await ada.Client.GetAsync("auth/hardware-wallet/status"))).GetProperty("type").GetString());
        foreach (var (type, path) in ((string, string)[])[("nano", "m/44'/195'/0'/0/0"), ("ledger", "m/44'/60'/0'/0/0"), ("ledger", "m/44'/195'/0'/0/0/0")])
        {
            using var refused = await ada.Client.PostAsJsonAsync("auth/hardware-wallet/challenge", new { address = ada.Address, hardware_wallet = new { type, path } });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task FirstStart_SaysALink_WhichChoosesTheFirstSuperAdministrator_Once()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var secret = Assert.Single(node.Said, line => line.Contains("--bootstrap", StringComparison.Ordinal)).Split("--bootstrap ")[1].Split('`')[0];
        using var ada = new Wallet(node.Url);
        using var eve = new Wallet(node.Url);
        await Wallet.RefusedAsync(await eve.Client.PostAsJsonAsync("auth/bootstrap", new { secret = secret + "x", address = eve.Address }), HttpStatusCode.Unauthorized, 2009);
        Assert.Equal("super_admin", (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("auth/bootstrap", new { secret, address = ada.Address }))).GetProperty("role").GetString());
        await Wallet.RefusedAsync(await eve.Client.PostAsJsonAsync("auth/bootstrap", new { secret, address = eve.Address }), HttpStatusCode.Unauthorized, 2009);
        await ada.SignInAsync();
        (await ada.Client.PostAsJsonAsync("users", new { address = eve.Address, role = "admin" })).EnsureSuccessStatusCode();
        Assert.Equal($"user/{ada.Address}", (await RecordedAsync(node, "bootstrap")).GetProperty("resource").GetString());
        Assert.Equal(ada.Address, (await RecordedAsync(node, "login")).GetProperty("actor").GetString());
    }

    private static Task<HttpResponseMessage> LoginAsync(Wallet wallet, string message, string signature) =>
        wallet.Client.PostAsJsonAsync("auth/login", new { address = wallet.Address, message, signature });

    /// <summary>Asks until it is refused, and not faster than the limit of a user allows.</summary>
    private static async Task<HttpResponseMessage> FirstRefusalAsync(HttpClient client, string path)
    {
        var waited = Stopwatch.StartNew();
        HttpResponseMessage answer;
        while ((answer = await client.GetAsync(path)).IsSuccessStatusCode)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"{path} was answered for a minute, although the token was taken back.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        return answer;
    }

    /// <summary>The newest record of that action in the audit log, once it is there.</summary>
    private static async Task<JsonElement> RecordedAsync(TestNode node, string action)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var events = (await Wallet.JsonAsync(await node.Client.GetAsync("audit/events"))).GetProperty("events").EnumerateArray();
            if (events.FirstOrDefault(one => one.GetProperty("action").GetString() == action) is { ValueKind: JsonValueKind.Object } found)
                return found;
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"Nothing in the audit log tells of a {action}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task<Wallet> AdmittedAsync(TestNode node, string role = "user")
    {
        var wallet = new Wallet(node.Url);
        (await node.Client.PostAsJsonAsync("users", new { address = wallet.Address, role })).EnsureSuccessStatusCode();
        return wallet;
    }
}
