using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lucid.Grains.Identity;
using Lucid.Silo.Mail;
using Lucid.Silo.Tests.Identity;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Mail;

/// <summary>Signing in by mail, on a real node over real HTTP.</summary>
public sealed class MailLoginTests : IDisposable
{
    private const string Ada = "ada@example.org";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Administrator_WithoutAWallet_SignsInByMail_WithAnAuthenticator()
    {
        await using var node = await StartAsync();
        using var client = new HttpClient { BaseAddress = node.Client.BaseAddress };
        Assert.Equal($"mail:{Ada}", (await Wallet.JsonAsync(await node.Client.PostAsJsonAsync("users", new { email = Ada, role = "admin" }))).GetProperty("user_id").GetString());
        var link = await LinkAsync(client);
        var secret = await FactorAsync(client, link);
        await Wallet.RefusedAsync(await LoginAsync(client, link, "000000"), HttpStatusCode.Unauthorized, 2025);
        var answer = await Wallet.JsonAsync(await LoginAsync(client, link, TestMailbox.CodeOf(secret)));
        Assert.Equal(RecoveryCodes.Count, answer.GetProperty("recovery_codes").GetArrayLength());
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.GetProperty("login").GetProperty("access_token").GetString());
        var status = await Wallet.JsonAsync(await client.GetAsync("auth/status"));
        Assert.Equal(($"mail:{Ada}", "admin"), (status.GetProperty("user_id").GetString(), status.GetProperty("role").GetString()));
        Assert.Equal($"mail:{Ada}", (await Wallet.JsonAsync(await client.GetAsync($"users/mail:{Ada}"))).GetProperty("user_id").GetString());

        await Wallet.RefusedAsync(await LoginAsync(client, link, TestMailbox.CodeOf(secret)), HttpStatusCode.Unauthorized, 2009);
        var second = await LinkAsync(client);
        await Wallet.RefusedAsync(await client.PostAsJsonAsync("auth/mail/factor", new { link = second }), HttpStatusCode.Conflict, 2026);
        await Wallet.JsonAsync(await LoginAsync(client, second, answer.GetProperty("recovery_codes")[3].GetString()!));

        // Whoever has the node's disk helps one who has lost all.
        await Wallet.JsonAsync(await node.Client.DeleteAsync($"users/mail:{Ada}/factor"));
        Assert.NotEqual(secret, await FactorAsync(client, await LinkAsync(client)));
    }

    [Fact]
    public async Task Stranger_LearnsNothing_AndGetsNoMail()
    {
        await using var node = await StartAsync();
        using var client = new HttpClient { BaseAddress = node.Client.BaseAddress };
        await node.Client.PostAsJsonAsync("users", new { email = Ada, role = "admin" });
        var unknown = await client.PostAsJsonAsync("auth/mail", new { email = "eve@example.org" });
        var known = await client.PostAsJsonAsync("auth/mail", new { email = Ada });
        Assert.Equal((HttpStatusCode.Accepted, await known.Content.ReadAsStringAsync()), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
        // They are sent in the order in which they were asked for.
        Assert.Contains($"To: {Ada}\r\n", await File.ReadAllTextAsync(Assert.Single(await new TestMailbox(Mails).WaitAsync(1))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codes_ThatAreGuessed_LockTheAccount_AndLinksThatAreGuessedDoNot()
    {
        await using var node = await StartAsync();
        using var client = new HttpClient { BaseAddress = node.Client.BaseAddress };
        await node.Client.PostAsJsonAsync("users", new { email = Ada, role = "admin" });
        var link = await LinkAsync(client);
        var secret = await FactorAsync(client, link);
        var (begin, end) = (link[..^43], new string('A', 43));
        for (var i = 0; i < 7; i++)
            await Wallet.RefusedAsync(await LoginAsync(client, begin + end, "000000"), HttpStatusCode.Unauthorized, 2009);
        for (var i = 0; i < 5; i++)
            await Wallet.RefusedAsync(await LoginAsync(client, link, "abcdef"), HttpStatusCode.Unauthorized, 2025);
        await Wallet.RefusedAsync(await LoginAsync(client, link, TestMailbox.CodeOf(secret)), HttpStatusCode.TooManyRequests, 2005);
    }

    [Theory]
    [InlineData("auth/mail", "{}", 1002)]
    [InlineData("auth/mail", """{"email":"nobody"}""", 1003)]
    [InlineData("auth/mail/factor", """{"link":"lml_x"}""", 1003)]
    [InlineData("auth/mail/login", """{"link":""}""", 1002)]
    public async Task Request_ThatIsNone_IsRefused(string path, string body, int number)
    {
        await using var node = await StartAsync();
        using var client = new HttpClient { BaseAddress = node.Client.BaseAddress };
        using var json = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        await Wallet.RefusedAsync(await client.PostAsync(path, json), HttpStatusCode.BadRequest, number);
        await Wallet.RefusedAsync(await node.Client.PostAsJsonAsync("users", new { email = Ada, address = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB" }), HttpStatusCode.BadRequest, 1001);
    }

    [Fact]
    public async Task Node_ThatSendsNoMail_SaysSo()
    {
        await using var node = await TestNode.StartAsync(_folder);
        await Wallet.RefusedAsync(await node.Client.PostAsJsonAsync("auth/mail", new { email = Ada }), HttpStatusCode.NotImplemented, 5011);
    }

    // As often as the tests ask; how often anybody may has tests of its own.
    private Task<TestNode> StartAsync() => TestNode.StartAsync(_folder, options => options with
    {
        Mail = new MailOptions { Folder = Mails, Sender = "lucid@example.org" },
        Limits = options.Limits with { Login = 1000 },
    });

    private string Mails => Path.Combine(_folder.Data.Root, "mails");

    private static Task<HttpResponseMessage> LoginAsync(HttpClient client, string link, string code) => client.PostAsJsonAsync("auth/mail/login", new { link, code });

    private static async Task<string> FactorAsync(HttpClient client, string link) =>
        (await Wallet.JsonAsync(await client.PostAsJsonAsync("auth/mail/factor", new { link }))).GetProperty("secret").GetString()!;

    private Task<string> LinkAsync(HttpClient client) => new TestMailbox(Mails).LinkAsync(client, Ada);
}
