using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Tests.Recorders;

/// <summary>What goes through to a recorder and back; see <see cref="LostRecorderTests"/> for recorders that are away.</summary>
public sealed class RecorderProxyTests
{
    private static readonly byte[] _body = "the plaintext"u8.ToArray();

    [Fact]
    public async Task Chunk_IsPassedOn_WithAllThatTellsOfIt_AndTheAnswerComesBack()
    {
        await using var host = await ProxyHost.StartAsync();
        var got = "";
        host.First.Answer = async context =>
        {
            got = await new StreamReader(context.Request.Body).ReadToEndAsync();
            context.Response.Headers["Lucid-Repeated"] = "true";
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync("the receipt");
        };
        using var answer = await host.PutAsync(new ByteArrayContent(_body), request =>
        {
            request.RequestUri = new Uri($"{host.Chunk}?a=1&b=%20c", UriKind.Relative);
            request.Headers.Add("Lucid-Track", "3");
            request.Headers.Add("Lucid-Chunk-Time", "5,17");
            request.Headers.Add("Cookie", "who=me");
            request.Headers.Add("X-Real-Ip", "192.0.2.1");
            request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            request.Content.Headers.Add("Content-Digest", "crc32c=:AAAAAA==:");
        });
        Assert.Equal((HttpStatusCode.OK, "the receipt"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal("true", answer.Headers.GetValues("Lucid-Repeated").Single());
        Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("the plaintext", got);

        var seen = Assert.Single(host.First.Seen);
        Assert.Equal(("PUT", $"{host.Chunk}?a=1&b=%20c"), (seen.Method, seen.Target));
        Assert.Equal(("1", "3", "5,17"), (seen.Headers["Lucid-Lease"], seen.Headers["Lucid-Track"], seen.Headers["Lucid-Chunk-Time"]));
        Assert.Equal(("application/octet-stream", "crc32c=:AAAAAA==:", "13"), (seen.Headers["Content-Type"], seen.Headers["Content-Digest"], seen.Headers["Content-Length"]));
        Assert.Equal($"Bearer {host.First.Token}", seen.Headers["Authorization"]);
        Assert.DoesNotContain(GatewayHost.Token, string.Join('\n', seen.Headers.Values), StringComparison.Ordinal);
        Assert.False(seen.Headers.ContainsKey("Cookie") || seen.Headers.ContainsKey("X-Real-Ip"));
        Assert.Null(host.Gateway.Recorder.LastUpload);
        Assert.Empty(host.Second.Seen);
    }

    [Fact]
    public async Task Chunk_WithoutABody_KeepsTheHeadersThatTellOfIt()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = LoopbackRecorder.CountAsync;
        using var answer = await host.PutAsync(new ByteArrayContent([]), request => request.Content!.Headers.Add("Content-Digest", "crc32c=:AAAAAA==:"));
        Assert.Equal("0", await answer.Content.ReadAsStringAsync());
        var seen = Assert.Single(host.First.Seen);
        Assert.Equal(("0", "crc32c=:AAAAAA==:"), (seen.Headers["Content-Length"], seen.Headers["Content-Digest"]));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("GET")]
    public async Task Client_WithoutTheGatewaysToken_ReachesNoRecorder(string method)
    {
        await using var host = await ProxyHost.StartAsync();
        foreach (var token in (string[])[host.First.Token, "test-token-0123456789-abcdefghijklmno"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), host.Chunk);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            await GatewayHost.ErrorOf(await host.Gateway.Anyone.SendAsync(request), ErrorTable.TokenInvalid);
        }
        Assert.Empty(host.First.Seen);
    }

    [Fact]
    public async Task Range_GoesThere_AndThePartComesBack()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.ContentType = "application/octet-stream";
            context.Response.Headers.ContentRange = "bytes 4-8/13";
            context.Response.Headers.AcceptRanges = "bytes";
            context.Response.Headers.ETag = "\"tag\"";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["Lucid-Skipped-Chunks"] = "3,4";
            return context.Response.WriteAsync("plain");
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{host.Id}/playback?track=0");
        request.Headers.Range = new RangeHeaderValue(4, 8);
        request.Headers.TryAddWithoutValidation("If-Range", "\"tag\"");
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.PartialContent, "plain"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal(("bytes 4-8/13", "\"tag\"", true), (answer.Content.Headers.ContentRange!.ToString(), answer.Headers.ETag!.ToString(), answer.Headers.CacheControl!.NoStore));
        Assert.Equal("3,4", answer.Headers.GetValues("Lucid-Skipped-Chunks").Single());
        var seen = Assert.Single(host.First.Seen);
        Assert.Equal(("GET", $"/api/v1/sessions/{host.Id}/playback?track=0"), (seen.Method, seen.Target));
        Assert.Equal(("bytes=4-8", "\"tag\""), (seen.Headers["Range"], seen.Headers["If-Range"]));
        Assert.False(seen.Headers.ContainsKey("Expect") || seen.Headers.ContainsKey("Content-Length") || seen.Headers.ContainsKey("Transfer-Encoding"));
    }

    [Fact]
    public async Task Refusal_OfTheRecorder_ComesBackAsItIs_UnderItsOwnRequestId()
    {
        await using var host = await ProxyHost.StartAsync();
        const string Envelope = """{"error":{"code":"LUCID_ERR_3005","request_id":"0190b7a4-0000-7000-8000-000000000001"}}""";
        host.First.Answer = context =>
        {
            context.Response.StatusCode = 503;
            context.Response.ContentType = "application/json";
            context.Response.Headers.RetryAfter = "7";
            context.Response.Headers["Lucid-Request-Id"] = "0190b7a4-0000-7000-8000-000000000001";
            return context.Response.WriteAsync(Envelope);
        };
        // Not a byte of the body was asked for.
        using var answer = await host.PutAsync(new StepContent(stream => stream.WriteAsync(new byte[100]).AsTask()));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, Envelope), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal(TimeSpan.FromSeconds(7), answer.Headers.RetryAfter!.Delta);
        Assert.Equal("0190b7a4-0000-7000-8000-000000000001", answer.Headers.GetValues("Lucid-Request-Id").Single());
        // A recorder that answers is there, whatever it answers.
        Assert.Empty(host.Session.MovedFrom);
        Assert.Equal(["silo-1"], host.Link.Asked);
    }

    [Fact]
    public async Task Body_IsAskedFor_OnlyOnceTheRecorderWantsIt()
    {
        await using var host = await ProxyHost.StartAsync();
        var wants = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.First.Answer = async context =>
        {
            asked.SetResult();
            await wants.Task;
            await LoopbackRecorder.CountAsync(context);
        };
        await using var client = await RawClient.PutAsync(host.Gateway, host.Chunk, "Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, client.Available);
        Assert.Equal("100-continue", host.First.Seen.Single().Headers["Expect"]);
        wants.SetResult();
        var buffer = new byte[4096];
        var head = Encoding.ASCII.GetString(buffer, 0, await client.Stream.ReadAtLeastAsync(buffer, 12));
        Assert.StartsWith("HTTP/1.1 100", head, StringComparison.Ordinal);
        await client.Stream.WriteAsync("abc"u8.ToArray());
        Assert.Contains("HTTP/1.1 200 OK", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_OfTenMiB_IsStreamed()
    {
        // More than what any connection gathers before it sends.
        const int Begin = 128 << 10;
        await using var host = await ProxyHost.StartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.First.Answer = async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[Begin / 2]);
            begun.SetResult();
            await LoopbackRecorder.CountAsync(context);
        };
        // Were it gathered first, neither side would ever go on.
        using var answer = await host.PutAsync(new StepContent(async stream =>
        {
            await stream.WriteAsync(new byte[Begin]);
            await stream.FlushAsync();
            await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await stream.WriteAsync(new byte[(10 << 20) - Begin]);
        }));
        Assert.Equal($"{(10 << 20) - (Begin / 2)}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Answer_OfTenMiB_IsStreamed()
    {
        await using var host = await ProxyHost.StartAsync();
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.First.Answer = async context =>
        {
            context.Response.ContentLength = 10 << 20;
            await context.Response.Body.WriteAsync(new byte[1]);
            await context.Response.Body.FlushAsync();
            await read.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await context.Response.Body.WriteAsync(new byte[(10 << 20) - 1]);
        };
        using var answer = await host.Client.GetAsync(host.Chunk, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(10 << 20, answer.Content.Headers.ContentLength);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1]);
        read.SetResult();
        await body.ReadExactlyAsync(new byte[(10 << 20) - 1]);
        Assert.Equal(0, await body.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData("/chunks/0")]
    [InlineData("/playback")]
    [InlineData("/key")]
    [InlineData("/pipeline")]
    [InlineData("/evidence?full=true")]
    public async Task Id_Malformed_IsRefusedHere_AsOnANode(string path)
    {
        await using var host = await ProxyHost.StartAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/none{path}"), ErrorTable.BadUuid);
        Assert.Empty(host.First.Seen);
    }

    [Fact]
    public async Task Session_Unknown_IsNotFound_AndNoRecorderIsAsked()
    {
        await using var host = await ProxyHost.StartAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{Guid.CreateVersion7()}/chunks/0"), ErrorTable.NotFound);
        Assert.Empty(host.First.Seen);
    }

    [Fact]
    public async Task Evidence_IsAnsweredHere_AndOnlyTheFullOneByTheRecorder()
    {
        await using var host = await ProxyHost.StartAsync();
        using var stopped = await host.Gateway.PostAsync($"/api/v1/sessions/{host.Id}/stop");
        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        host.Session.Anchor();
        foreach (var query in (string[])["", "?full=false", "?renew=true"])
        {
            using var here = await host.Client.GetAsync($"/api/v1/sessions/{host.Id}/evidence{query}");
            Assert.Equal((HttpStatusCode.OK, "application/zip"), (here.StatusCode, here.Content.Headers.ContentType!.ToString()));
        }
        Assert.Empty(host.First.Seen);
        // However the value is written that a node takes for true.
        foreach (var query in (string[])["?full=true", "?full=True&skip_damaged=true"])
            Assert.Equal("ok", await host.Client.GetStringAsync($"/api/v1/sessions/{host.Id}/evidence{query}"));
        Assert.Equal(
            [$"/api/v1/sessions/{host.Id}/evidence?full=true", $"/api/v1/sessions/{host.Id}/evidence?full=True&skip_damaged=true"],
            host.First.Seen.Select(seen => seen.Target));
    }

    [Fact]
    public async Task Keys_AreTheNamedRecorders()
    {
        await using var host = await ProxyHost.StartAsync();
        foreach (var query in (string[])["", "?recorder="])
        {
            var missing = await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/keys/recovery{query}"), ErrorTable.MissingField);
            Assert.Contains("?recorder=", missing.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal("ok", await host.Client.GetStringAsync("/api/v1/keys/recovery?recorder=silo-2"));
        using var rotated = await host.Client.PostAsync("/api/v1/keys/rotate?recorder=silo-2", null);
        Assert.Equal("ok", await rotated.Content.ReadAsStringAsync());
        Assert.Equal([("GET", "/api/v1/keys/recovery?recorder=silo-2"), ("POST", "/api/v1/keys/rotate?recorder=silo-2")], host.Second.Seen.Select(seen => (seen.Method, seen.Target)));
        Assert.Empty(host.First.Seen);
        await GatewayHost.ErrorOf(await host.Client.GetAsync("/api/v1/keys/recovery?recorder=silo-9"), ErrorTable.PartAway);
    }

    [Fact]
    public async Task Log_IsTheLedgerNodes_ForEveryone()
    {
        await using var host = await ProxyHost.StartAsync();
        foreach (var path in (string[])["/checkpoint", "/tile/0/x001/234", "/tile/entries/000.p/5"])
            Assert.Equal("ok", await host.Gateway.Anyone.GetStringAsync(path));
        Assert.Equal(["/checkpoint", "/tile/0/x001/234", "/tile/entries/000.p/5"], host.Ledger.Seen.Select(seen => seen.Target));
        Assert.All(host.Ledger.Seen, seen => Assert.Equal($"Bearer {host.Ledger.Token}", seen.Headers["Authorization"]));
    }

    [Fact]
    public async Task Silo_AnswersForItsOwnDisk_WhereverTheSessionIs_AndPassesOnlyTheLogOn()
    {
        await using var host = await ProxyHost.StartAsync(own: "silo-3");
        using var put = await host.PutAsync(new ByteArrayContent(_body));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(host.Id, host.Gateway.Recorder.LastUpload!.Session);
        Assert.Equal(_body, await host.Client.GetByteArrayAsync(host.Chunk));
        Assert.StartsWith("lucid.recovery-key/1\n", await host.Client.GetStringAsync("/api/v1/keys/recovery"), StringComparison.Ordinal);
        Assert.Empty(host.First.Seen);
        Assert.Equal("ok", await host.Client.GetStringAsync("/checkpoint"));
    }

    [Fact]
    public async Task Silo_WithTheLedger_AnswersForTheLog()
    {
        await using var host = await ProxyHost.StartAsync(own: GatewayHost.NodeId);
        using var answer = await host.Client.GetAsync("/checkpoint");
        Assert.NotEqual("ok", await answer.Content.ReadAsStringAsync());
        Assert.Empty(host.Ledger.Seen);
    }

    /// <summary>What the recorder says of itself goes into the gateway's records, and no further.</summary>
    [Theory]
    [InlineData("LUCID_ERR_5006", 504, AuditOutcome.Failed)]
    [InlineData("LUCID_ERR_4109", 500, AuditOutcome.Failed)]
    [InlineData("LUCID_ERR_4106", 410, AuditOutcome.Refused)]
    public async Task Deed_AtTheRecorder_IsRecordedAsWhatBecameOfIt(string code, int status, AuditOutcome outcome)
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = context => LoopbackRecorder.RefuseAsync(context, status, code);
        using (var answer = await host.Client.GetAsync($"/api/v1/sessions/{host.Id}/key"))
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.False(answer.Headers.Contains("Lucid-Error-Code"));
        }
        await host.Gateway.StopAsync();
        var ended = Assert.Single(host.Gateway.Node.Audit.Events, one => one.Action == "session_key_export" && one.Outcome != AuditOutcome.Begun);
        Assert.Equal((outcome, code), (ended.Outcome, ended.Details["code"]));
    }

    [Fact]
    public async Task Session_ThatTheRecorderShowsNotToWhoAsks_IsCountedAsNotVisible_AndNothingElseIs()
    {
        await using var host = await ProxyHost.StartAsync();
        foreach (var (status, code) in ((int, string?)[])[(404, ErrorTable.NotFound.Code), (404, ErrorTable.ChunkMissing.Code), (404, null), (403, ErrorTable.PermissionDenied.Code)])
            await AskAsync(status, code);
        await host.Gateway.StopAsync();
        Assert.Equal(
            [("access_denied", "1", ErrorTable.PermissionDenied.Code, "local"), ("not_visible", "1", ErrorTable.NotFound.Code, "local")],
            host.Gateway.Node.Audit.Events.Where(one => one.Action is "not_visible" or "access_denied").Select(one => (one.Action, one.Details["count"], one.Details["code"], one.Actor)).Order());

        async Task AskAsync(int status, string? code)
        {
            host.First.Answer = context => LoopbackRecorder.RefuseAsync(context, status, code);
            using var answer = await host.Client.GetAsync(host.Chunk);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Silo_SaysTheCodeOfARefusalInAHeader_AndAGatewayDoesNot()
    {
        await using var silo = await GatewayHost.StartAsync(GatewayHost.Options with { IsForPeers = true });
        await using var gateway = await GatewayHost.StartAsync();
        var path = $"/api/v1/sessions/{Guid.CreateVersion7()}/chunks/0";
        using var peers = await silo.Client.GetAsync(path);
        Assert.Equal((404, ErrorTable.NotFound.Code), ((int)peers.StatusCode, peers.Headers.GetValues("Lucid-Error-Code").Single()));
        using var clients = await gateway.Client.GetAsync(path);
        Assert.Equal((404, false), ((int)clients.StatusCode, clients.Headers.Contains("Lucid-Error-Code")));
    }
}
