using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lucid.Cli.Logins;

namespace Lucid.Cli.Tests.Logins.Page;

/// <summary>Signing in with the wallet of a browser, whose part a client over HTTP plays.</summary>
public sealed class WalletPageTests
{
    private const string Address = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";

    [Fact]
    public async Task Browser_SignsWhatTheNodeAsks_AndTheCommandSignsIn()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        var run = cli.RunAsync("login", "--url", StoredLogin.OriginOf(door.Url), "--browser");
        using var browser = await OpenAsync(cli, run);

        using var page = await browser.GetAsync("");
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("signMessageV2", await browser.GetStringAsync("page.js"), StringComparison.Ordinal);
        // Before anything was asked for there is nothing to sign.
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(browser, "signature", new { signature = "0xabcd" }));
        foreach (var body in (object[])[new { }, new { address = 1 }, Array.Empty<int>(), new string('x', 10_000)])
            Assert.Equal(HttpStatusCode.NotFound, await PostAsync(browser, "challenge", body));
        var message = (await AskAsync(browser)).GetProperty("message").GetString();
        Assert.Equal(HttpStatusCode.OK, await PostAsync(browser, "signature", new { signature = "0xabcd" }));

        Assert.Equal(0, await run);
        var signed = Assert.Single(door.Signed);
        Assert.Equal((Address, message, "0xabcd"), (signed.GetProperty("address").GetString(), signed.GetProperty("message").GetString(), signed.GetProperty("signature").GetString()));
    }

    [Fact]
    public async Task Browser_WhoseNodePassesOnAnotherDomain_IsToldSo_AndSignsNothing()
    {
        await using var door = await FakeDoor.StartAsync();
        door.Domain = "lucid.example";
        using var cli = new CliRun();
        var run = cli.RunAsync("login", "--url", StoredLogin.OriginOf(door.Url), "--browser");
        using var browser = await OpenAsync(cli, run);
        Assert.Contains("lucid.example", (await AskAsync(browser)).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, await run);
        Assert.Empty(door.Signed);
    }

    [Fact]
    public async Task Page_IsFoundByNobodyElse()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        using var stop = new CancellationTokenSource();
        var run = cli.RunAsync(stop.Token, "login", "--url", StoredLogin.OriginOf(door.Url), "--browser");
        using var browser = await OpenAsync(cli, run);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/page.js")).StatusCode);
        // As a page elsewhere would ask whose name was made to point here.
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "") { Headers = { Host = "evil.example" } };
        Assert.NotEqual(HttpStatusCode.OK, (await browser.SendAsync(rebound)).StatusCode);
        await stop.CancelAsync();
        Assert.NotEqual(0, await run);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n{\"address\":")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nno length\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\n{\"add")]
    public async Task Page_OfWhichHalfARequestWasAsked_StillServesTheBrowser(string rest)
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        var run = cli.RunAsync("login", "--url", StoredLogin.OriginOf(door.Url), "--browser");
        using var browser = await OpenAsync(cli, run);
        using (var half = new TcpClient())
        {
            await half.ConnectAsync(browser.BaseAddress!.Host, browser.BaseAddress.Port);
            await half.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {browser.BaseAddress.AbsolutePath}challenge HTTP/1.1\r\nHost: {browser.BaseAddress.Authority}\r\n{rest}"));
        }
        await AskAsync(browser);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(browser, "signature", new { signature = "0xabcd" }));
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task Browser_AndAWallet_AreOneTooMany()
    {
        using var cli = new CliRun();
        Assert.Equal(2, await cli.RunAsync("login", "--browser", "--address", Address));
        Assert.Contains("--browser asks the wallet of the browser who signs", cli.Error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<HttpClient> OpenAsync(CliRun cli, Task run)
    {
        const string before = "wallet of your browser at ";
        while (true)
        {
            var said = cli.Error.ToString();
            if (said.IndexOf(before, StringComparison.Ordinal) is >= 0 and var at && said.IndexOf('\n', at) is > 0 and var end)
                return new HttpClient { BaseAddress = new Uri(said[(at + before.Length)..end].Trim()) };
            Assert.False(run.IsCompleted, $"The command ended before it had opened its page: {said}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private static async Task<JsonElement> AskAsync(HttpClient browser)
    {
        using var answer = await browser.PostAsJsonAsync("challenge", new { address = Address });
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient browser, string path, object body)
    {
        using var answer = await browser.PostAsJsonAsync(path, body);
        return answer.StatusCode;
    }
}
