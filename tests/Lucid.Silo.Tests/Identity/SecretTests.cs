using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Lucid.Evidence.Encryption;
using Lucid.Silo.Mail;
using Lucid.Silo.Tests.Mail;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Identity;

/// <summary>What is secret and was accepted: on a whole node, by every way in that there is.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Mailbox = "ada@example.org";

    private readonly TempFolder _folder = new();

    // By what each is, for whoever reads that one was found.
    private readonly List<(string What, string Secret)> _secrets = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Secrets_ThatWereUsed_AreInNoLog_NoMetric_AndNoExportOfTheAuditLog()
    {
        List<(string Where, string Text)> places = [];
        await using (var node = await StartAsync())
        {
            await UseAsync(node);
            places.Add(("metrics", await node.Client.GetStringAsync("/metrics")));
            places.Add(("the log", string.Join('\n', node.Log)));
        }
        // Counts are told at a stop at last, so the audit log is whole at the next start.
        await using (var again = await StartAsync())
        {
            await AnchoredAsync(again);
            places.Add(("the audit log as JSON", await again.Client.GetStringAsync("audit/export?format=json")));
            places.Add(("the audit log as CSV", await again.Client.GetStringAsync("audit/export?format=csv")));
            places.Add(("metrics of the next start", await again.Client.GetStringAsync("/metrics")));
            places.Add(("the log of the next start", string.Join('\n', again.Log)));
        }
        Assert.Contains("No link was mailed to nobody@example.org", places.Single(place => place.Where == "the log").Text, StringComparison.Ordinal);
        Assert.All(["bootstrap", "login", "factor_offer", "factor_activate", "mail_link", "token_make", "session_key_export", "refresh_refused", "login_refused"], action =>
            Assert.All(places.Where(place => place.Where.StartsWith("the audit log", StringComparison.Ordinal)), place => Assert.Contains(action, place.Text, StringComparison.Ordinal)));
        Assert.All(places, place => Assert.All(_secrets, secret =>
            Assert.False(IsIn(place.Text, secret.Secret), $"{place.Where}: there is {secret.What}, {secret.Secret}")));
    }

    /// <summary>The check itself: what it looks for it finds.</summary>
    [Theory]
    [InlineData("code=123456;", true)]
    [InlineData("\"123456\"", true)]
    [InlineData("at 1123456789", false)]
    [InlineData("af123456", false)]
    public void Code_IsFound_WhereItIsNoPartOfANumber(string text, bool isThere) => Assert.Equal(isThere, IsIn(text, "123456"));

    private async Task UseAsync(TestNode node)
    {
        See("the node's token", (await File.ReadAllTextAsync(_folder.Data.Token)).Trim());
        using var owner = new Wallet(node.Url);
        var bootstrap = node.Said.Single(line => line.Contains("--bootstrap", StringComparison.Ordinal)).Split("--bootstrap ")[1].Split('`')[0];
        See("the bootstrap link's secret", bootstrap);
        await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync("auth/bootstrap", new { secret = bootstrap, address = owner.Address }));
        await SignInAsync(owner);
        await RecordAsync(owner);
        await SignInByMailAsync(node, owner);
    }

    private async Task SignInAsync(Wallet owner)
    {
        var message = await owner.ChallengeAsync();
        var signature = owner.Sign(message);
        See("a wallet's signature", signature);
        See("a challenge's nonce", Regex.Match(message, "Nonce: (?<nonce>\\S+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["nonce"].Value);
        await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync("auth/login", new { address = owner.Address, message, signature }));
        // Good once; a second login for the client.
        await Wallet.RefusedAsync(await owner.Client.PostAsJsonAsync("auth/login", new { address = owner.Address, message, signature }), HttpStatusCode.Unauthorized, 2017);
        See("a login's", await owner.SignInAsync());
        var before = owner.Refresh;
        See("a refreshed login's", await owner.RefreshAsync());
        // The audit log tells of a token that comes twice, and not which; it ends the login.
        await Wallet.RefusedAsync(await owner.Client.PostAsJsonAsync("auth/refresh", new { refresh_token = before }), HttpStatusCode.Unauthorized, 2010);
        owner.Client.DefaultRequestHeaders.Authorization = null;
        See("the last login's", await owner.SignInAsync());
    }

    private async Task RecordAsync(Wallet owner)
    {
        const string Plaintext = "what was on the screen: hunter2";
        See("a chunk", Plaintext);
        See("a chunk in base64", Convert.ToBase64String(Encoding.UTF8.GetBytes(Plaintext)));
        var id = (await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync("sessions", new { name = "one" }))).GetProperty("session_id").GetGuid();
        var made = await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync("auth/tokens", new { name = "recorder", session_id = id }));
        var token = made.GetProperty("token").GetString()!;
        See("a program's token", Last(token));
        using var program = new HttpClient { BaseAddress = owner.Client.BaseAddress };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var chunk = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/0") { Content = new StringContent(Plaintext), Headers = { { "Lucid-Lease", "1" } } };
        (await program.SendAsync(chunk)).EnsureSuccessStatusCode();
        using var key = KeyFile.Parse(await owner.Client.GetByteArrayAsync($"sessions/{id}/key"));
        var bytes = key.SessionKey!.Export();
        See("the session's key", Convert.ToHexStringLower(bytes));
        See("the session's key in base64", Convert.ToBase64String(bytes));
        See("the chunk's key", Convert.ToHexStringLower(key.ChunkKey(0)!));
    }

    private async Task SignInByMailAsync(TestNode node, Wallet owner)
    {
        var mails = new TestMailbox(Mails);
        using var ada = new HttpClient { BaseAddress = node.Client.BaseAddress };
        (await ada.PostAsJsonAsync("auth/mail", new { email = "nobody@example.org" })).Dispose();
        await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync("users", new { email = Mailbox, role = "admin" }));
        var link = await mails.LinkAsync(ada, Mailbox);
        See("a link by mail", Last(link));
        var secret = (await Wallet.JsonAsync(await ada.PostAsJsonAsync("auth/mail/factor", new { link }))).GetProperty("secret").GetString()!;
        See("the authenticator's secret", secret);
        await Wallet.RefusedAsync(await LoginAsync("no code"), HttpStatusCode.Unauthorized, 2025);
        var code = TestMailbox.CodeOf(secret);
        See("the authenticator's code", code);
        var answer = await Wallet.JsonAsync(await LoginAsync(code));
        See("a login by mail's", answer.GetProperty("login"));
        var codes = answer.GetProperty("recovery_codes").EnumerateArray().Select(one => one.GetString()!).ToList();
        codes.ForEach(one => See("a recovery code", one));
        link = await mails.LinkAsync(ada, Mailbox);
        See("the second link by mail", Last(link));
        await Wallet.JsonAsync(await LoginAsync(codes[3]));

        Task<HttpResponseMessage> LoginAsync(string shown) => ada.PostAsJsonAsync("auth/mail/login", new { link, code = shown });
    }

    private void See(string whose, System.Text.Json.JsonElement login)
    {
        See($"{whose} access token", Last(login.GetProperty("access_token").GetString()!));
        See($"{whose} refresh token", Last(login.GetProperty("refresh_token").GetString()!));
    }

    private void See(string what, string secret)
    {
        Assert.InRange(secret.Length, 6, 200);
        _secrets.Add((what, secret));
    }

    /// <summary>The part of a token that makes it one: what comes before it says whose it is, which is no secret.</summary>
    private static string Last(string token) => token[(token.LastIndexOf('.') + 1)..];

    /// <summary>Whatever its case. A code of six digits is also part of many a number, which is no code.</summary>
    private static bool IsIn(string text, string secret) => Regex.IsMatch(
        text, $"(?<![0-9a-z]){Regex.Escape(secret)}(?![0-9a-z])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMinutes(1));

    /// <summary>Until the ledger has all of the audit log, so that the export that proves itself has it.</summary>
    private static async Task AnchoredAsync(TestNode node)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var checkpoint = await Wallet.JsonAsync(await node.Client.GetAsync("audit/checkpoint"));
            if (checkpoint.GetProperty("anchored_size").GetInt64() == checkpoint.GetProperty("size").GetInt64())
                return;
            Assert.False(limit.IsCancellationRequested, $"Waiting for the audit log to be anchored, it is {checkpoint.GetRawText()}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private string Mails => Path.Combine(_folder.Data.Root, "mails");

    private Task<TestNode> StartAsync() => TestNode.StartAsync(_folder, options => options with
    {
        Mail = new MailOptions { Folder = Mails, Sender = "lucid@example.org" },
        Limits = options.Limits with { Login = 1000 },
        // On a busy machine a second without news is nothing that this test is about.
        Tokens = options.Tokens with { NewsWithin = TimeSpan.FromMinutes(1) },
    });
}
