using System.Text;
using System.Text.Json;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Access;

/// <summary>What no client of ours writes on a connection. Each ends it, or is refused, and the gateway goes on.</summary>
public sealed class HostileConnectionTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private const string Ask = "GET /docs/docs.css HTTP/1.1\r\nHost: x\r\n\r\n";
    private const string Post = $"POST /api/v1/merkle/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.Token}\r\nContent-Type: application/json\r\n";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Shapes on whose end two servers may not agree: what one of them takes for a second request must not be answered.</summary>
    /// <remarks>"Content-Length: +5" is not among them: the web server reads it as 5, and tells nobody how it was written.</remarks>
    [Theory]
    [InlineData(Post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData(Post + "Content-Length: 5, 5\r\n\r\nhello")]
    [InlineData(Post + "Content-Length: -5\r\n\r\nhello")]
    [InlineData(Post + "Content-Length: 0x5\r\n\r\nhello")]
    [InlineData(Post + "Content-Length: 99999999999999999999\r\n\r\nhello")]
    [InlineData(Post + "Content-Length: \r\n\r\nhello")]
    [InlineData(Post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData(Post + "X: a\r\n b\r\n\r\n")]
    [InlineData(Post + "X: a\0b\r\n\r\n")]
    [InlineData(Post + "X: a\rb\r\n\r\n")]
    [InlineData(Post + "X\0: a\r\n\r\n")]
    [InlineData(Post + ": a\r\n\r\n")]
    [InlineData(Post + "X\r\n\r\n")]
    [InlineData(Post + "Host: y\r\n\r\n")]
    [InlineData("GET /docs/docs.css HTTP/1.1\r\n\r\n")]
    [InlineData("GET /docs/docs.css HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [InlineData("GET /docs/docs.css HTTP/1.1\r\nHost: u@x\r\n\r\n")]
    [InlineData("GET http://y/docs/docs.css HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /docs/docs.css HTTP/9.9\r\nHost: x\r\n\r\n")]
    [InlineData("GET /docs/docs.css\r\nHost: x\r\n\r\n")]
    [InlineData("GET  /docs/docs.css HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("G\u00c9T / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003 TLS where there is none\r\n\r\n")]
    public async Task Request_OfAnotherShape_EndsItsConnection_AndNothingBehindItIsServed(string request)
    {
        var answer = await SayAsync(request + Ask);
        // Where it begins as HTTP/2 does, it is told in its own language that there is none.
        Assert.Matches("^(HTTP/1.1 (400|405|411|413|414|431|501|505) |\0\0\b\a)", answer);
        Assert.InRange(CountAnswers(answer), 0, 1);
        await AnswersAsync();
    }

    /// <summary>A chunk's extension is of no use to anybody, and has no end.</summary>
    [Fact]
    public async Task ChunkExtensionsAndTrailers_WithoutEnd_AreRefused()
    {
        foreach (var without in (string[])[$"1;{new string('a', 100_000)}", $"0\r\n{string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: 1\r\n"))}"])
            Assert.Matches("^HTTP/1.1 (400|405|413|431) |^$", await SayAsync($"{Post}Transfer-Encoding: chunked\r\n\r\n{without}"));
        await AnswersAsync();
    }

    [Fact]
    public async Task Requests_ThatDoNotWaitForAnswers_AreAnsweredInOrder_UntilGarbageComes()
    {
        var answer = await SayAsync(string.Concat(Enumerable.Repeat(Ask, 300)) + new string('\u00ff', 70_000));
        Assert.Equal(301, CountAnswers(answer));
        Assert.Contains("HTTP/1.1 4", answer[answer.LastIndexOf("HTTP/1.1", StringComparison.Ordinal)..], StringComparison.Ordinal);
        await AnswersAsync();
    }

    /// <summary>Byte after byte, each in time by itself: what counts is the whole.</summary>
    [Fact]
    public async Task Bytes_ThatTrickle_AreGivenUp_AndOthersAreServedMeanwhile()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { HeadersTimeout = TimeSpan.FromSeconds(1) });
        var slow = Enumerable.Range(0, 200).Select(i => TrickleAsync(host, i % 2 == 0 ? "GET /docs/docs.css HTTP/1.1\r\nHost: x\r\nX: "
            : $"POST /api/v1/merkle/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.Token}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")).ToList();
        (await host.Anyone.GetAsync("/docs/docs.css")).EnsureSuccessStatusCode();
        foreach (var answer in await Task.WhenAll(slow).WaitAsync(_patience, TimeProvider.System))
            Assert.Matches("^HTTP/1.1 408|^$", answer);
        (await host.Anyone.GetAsync("/docs/docs.css")).EnsureSuccessStatusCode();
    }

    [Theory]
    [InlineData("""{"name":"a","name":"b"}""", 1009)]
    [InlineData("""{"name":"a","tracks":[{"track":0,"track":1}]}""", 1009)]
    [InlineData("""{"name":"a","idle_limit_seconds":99999999999999999999}""", 1009)]
    [InlineData("""{"name":"a","idle_limit_seconds":1e999}""", 1009)]
    [InlineData("""{"name":"a","idle_limit_seconds":60.5}""", 1009)]
    [InlineData("""{"name":"a","idle_limit_seconds":"60"}""", 1009)]
    [InlineData("""{"name":"a","retention_seconds":9223372036854775807}""", 1004)]
    [InlineData("""{"name":"a","tracks":[{"track":-2147483648}]}""", 1004)]
    [InlineData("""{"name":"a","tracks":[null]}""", 1004)]
    [InlineData("""{"name":"a\u0000b"}""", 1004)]
    [InlineData("""{"name":"\ud800"}""", 1009)]
    [InlineData("""{"\ud800":"a"}""", 1009)]
    [InlineData("{\"name\":\"a\0b\"}", 1009)]
    [InlineData("{\"name\":\"\u00ff\"}", 1009)]
    [InlineData("{\"name\":\"\u00c0\u0080\"}", 1009)]
    [InlineData("{\"name\":\"\u00ed\u00a0\u0080\"}", 1009)]
    [InlineData("{\"name\":\"a\"} {\"name\":\"b\"}", 1009)]
    [InlineData("{\"name\":\"a\"}\0", 1009)]
    [InlineData("\u00ff\u00fe{\0}\0", 1009)]
    [InlineData("{\"name\":\"a\",}", 1009)]
    [InlineData("{\"name\":\"a\"/**/}", 1009)]
    [InlineData("{'name':'a'}", 1009)]
    [InlineData("[]", 1009)]
    [InlineData("\"a\"", 1009)]
    [InlineData("null", 1002)]
    [InlineData("", 1002)]
    public async Task Json_ThatTwoReadersWouldReadDifferently_IsRefused(string body, int number)
    {
        // Latin-1, so that each character is one byte.
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)) { Headers = { { "Content-Type", "application/json" } } };
        using var answer = await shared.Host.Client.PostAsync("/api/v1/sessions", content);
        await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        await AnswersAsync();
    }

    [Fact]
    public async Task Json_TooLarge_IsRefused()
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { name = new string('a', 70_000) }), Encoding.UTF8, "application/json");
        using var answer = await shared.Host.Client.PostAsync("/api/v1/sessions", content);
        await GatewayHost.ErrorOf(answer, ErrorTable.BodyTooLarge);
    }

    private static int CountAnswers(string text) => text.Split("HTTP/1.1 ").Length - 1;

    private async Task AnswersAsync() => (await shared.Host.Anyone.GetAsync("/docs/docs.css")).EnsureSuccessStatusCode();

    /// <summary>All that is answered until the other side ends the connection, which it has to.</summary>
    private async Task<string> SayAsync(string text)
    {
        await using var client = await RawClient.SendAsync(shared.Host.Address, "");
        var answer = ReadAsync(client);
        try
        {
            await client.Stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        }
        catch (IOException)
        {
            // It was refused before it was all said.
        }
        Assert.True(await Task.WhenAny(answer, Task.Delay(_patience, TimeProvider.System)) == answer, $"The connection is still open after: {text}");
        return await answer;
    }

    private static async Task<string> TrickleAsync(GatewayHost host, string begin)
    {
        await using var client = await RawClient.SendAsync(host.Address, begin);
        var answer = ReadAsync(client);
        try
        {
            while (!answer.IsCompleted)
            {
                await client.Stream.WriteAsync(" "u8.ToArray());
                await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
            }
        }
        catch (IOException)
        {
            // The other end has closed.
        }
        return await answer;
    }

    private static async Task<string> ReadAsync(RawClient client)
    {
        var read = new MemoryStream();
        try
        {
            await client.Stream.CopyToAsync(read);
        }
        catch (IOException)
        {
            // Closed with something of ours unread.
        }
        return Encoding.Latin1.GetString(read.ToArray());
    }
}
