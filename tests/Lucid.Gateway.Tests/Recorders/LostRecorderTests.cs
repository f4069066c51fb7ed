using System.Net;
using System.Net.Sockets;
using System.Text;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Tests.Recorders;

/// <summary>Recorders that are away, and that die at every point of a request.</summary>
public sealed class LostRecorderTests
{
    private static readonly byte[] _body = new byte[10 << 20];

    [Theory]
    [InlineData("nobody listens")]
    [InlineData("it is in no cluster")]
    [InlineData("it dies before it asks for the body")]
    public async Task Recorder_Away_LosesTheSession_AndTheNextOneGetsTheWholeBody(string how)
    {
        await using var host = await ProxyHost.StartAsync();
        host.Second.Answer = LoopbackRecorder.CountAsync;
        switch (how)
        {
            case "nobody listens":
                host.Link.Refuse("silo-1");
                break;
            case "it is in no cluster":
                host.Link.Addresses.TryRemove("silo-1", out _);
                break;
            default:
                host.First.Answer = LoopbackRecorder.DieAsync;
                break;
        }
        using var answer = await host.PutAsync(new ByteArrayContent(_body));
        Assert.Equal((HttpStatusCode.OK, $"{_body.Length}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal(["silo-1"], host.Session.MovedFrom);
        Assert.Contains(host.Gateway.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("goes on at silo-2", StringComparison.Ordinal));

        // Known from now on.
        using var again = await host.PutAsync(new ByteArrayContent([1]));
        Assert.Equal("1", await again.Content.ReadAsStringAsync());
        Assert.Equal(["silo-1", "silo-2", "silo-2"], host.Link.Asked);
    }

    [Fact]
    public async Task Recorder_ThatDiesWithinTheBody_IsTryAgain_AndTheSessionStays()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1 << 20]);
            context.Abort();
        };
        await IsAwayAsync(await host.PutAsync(new ByteArrayContent(_body)), "silo-1");
        // It may have the chunk, so whoever sent it has to say so again; and then it is asked where it is.
        Assert.Empty(host.Session.MovedFrom);
        Assert.Equal(["silo-1"], host.Link.Asked);
    }

    [Fact]
    public async Task Recorder_ThatDiesBeforeItAnswers_IsTryAgain()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Abort();
        };
        await IsAwayAsync(await host.PutAsync(new ByteArrayContent([1, 2, 3])), "silo-1");
        Assert.Empty(host.Session.MovedFrom);
    }

    [Fact]
    public async Task Recorder_ThatDiesBetweenHeadersAndBody_IsTryAgain_WithoutItsHeaders()
    {
        await using var host = await ProxyHost.StartAsync();
        // A web server would take its headers back as it dies; these arrive, and then nothing more.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        host.Link.Addresses["silo-1"] = new RecorderAddress($"http://{listener.LocalEndpoint}", "token");
        var dying = Task.Run(async () =>
        {
            using var socket = await listener.AcceptTcpClientAsync();
            await using var stream = socket.GetStream();
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
                // The request's head.
            }
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: application/zip\r\nLucid-Repeated: false\r\nContent-Digest: crc32c=:AAAAAA==:\r\n" +
                "Lucid-Request-Id: 0190b7a4-0000-7000-8000-000000000001\r\n\r\n"));
        });
        using var answer = await host.Client.GetAsync(host.Chunk, HttpCompletionOption.ResponseHeadersRead);
        await IsAwayAsync(answer, "silo-1");
        await dying;
        Assert.False(answer.Headers.Contains("Lucid-Repeated") || answer.Headers.Contains("Content-Digest") || answer.Content.Headers.Contains("Content-Digest"));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Recorder_ThatDiesWithinItsAnswer_EndsTheConnection()
    {
        await using var host = await ProxyHost.StartAsync();
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.First.Answer = async context =>
        {
            // Without a length: only the end of the connection says that it is not whole.
            await context.Response.Body.WriteAsync(new byte[10]);
            await context.Response.Body.FlushAsync();
            await read.Task.WaitAsync(TimeSpan.FromSeconds(30));
            context.Abort();
        };
        using var answer = await host.Client.GetAsync(host.Chunk, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[10]);
        read.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.ReadExactlyAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Nobody_There_IsTryAgain_AndTheNextRequestAsksAnewWhereTheSessionIs()
    {
        await using var host = await ProxyHost.StartAsync();
        host.Session.Heirs.Clear();
        Assert.Equal("ok", await host.Client.GetStringAsync(host.Chunk));
        host.Link.Refuse("silo-1");
        await IsAwayAsync(await host.Client.GetAsync(host.Chunk), "silo-1");
        Assert.Equal(["silo-1"], host.Session.MovedFrom);
        host.Session.BeAt("silo-2");
        Assert.Equal("ok", await host.Client.GetStringAsync(host.Chunk));
        Assert.Equal(["silo-1"], host.Session.MovedFrom);
        Assert.Single(host.Second.Seen);
    }

    [Fact]
    public async Task Session_ThatMovedMeanwhile_IsFoundByWhoeverMissesIt()
    {
        await using var host = await ProxyHost.StartAsync();
        Assert.Equal("ok", await host.Client.GetStringAsync(host.Chunk));
        host.Session.BeAt("silo-2");
        host.Link.Refuse("silo-1");
        Assert.Equal("ok", await host.Client.GetStringAsync(host.Chunk));
        Assert.Equal(["silo-1"], host.Session.MovedFrom);
        Assert.Equal(["silo-2"], host.Session.Heirs);
    }

    [Fact]
    public async Task Recorders_AllAway_AreNotTriedForEver()
    {
        await using var host = await ProxyHost.StartAsync();
        foreach (var name in (string[])["silo-1", "silo-2", "silo-4", "silo-5"])
            host.Link.Refuse(name);
        host.Session.Heirs.Enqueue("silo-4");
        host.Session.Heirs.Enqueue("silo-5");
        await IsAwayAsync(await host.PutAsync(new ByteArrayContent(_body)), "silo-4");
        Assert.Equal(["silo-1", "silo-2", "silo-4"], host.Session.MovedFrom);
        Assert.Equal(["silo-1", "silo-2", "silo-4"], host.Link.Asked);
    }

    [Theory]
    [InlineData("/checkpoint", GatewayHost.NodeId)]
    [InlineData("/api/v1/keys/recovery?recorder=silo-1", "silo-1")]
    public async Task Disk_ThatOnlyOneHas_IsTryAgainWhereThatIsAway(string path, string recorder)
    {
        await using var host = await ProxyHost.StartAsync();
        host.Link.Refuse(recorder);
        await IsAwayAsync(await host.Client.GetAsync(path), recorder);
        Assert.Equal([recorder], host.Link.Asked);
    }

    [Fact]
    public async Task Client_WhoseBodyStalls_IsToldSo_AndNotThatTheRecorderIsAway()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = LoopbackRecorder.CountAsync;
        await using var client = await RawClient.PutAsync(host.Gateway, host.Chunk, "Content-Length: 3\r\n\r\na");
        var answer = await client.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains(ErrorTable.RequestTimeout.Code, answer, StringComparison.Ordinal);
        Assert.Empty(host.Session.MovedFrom);
        Assert.Equal(["silo-1"], host.Link.Asked);
    }

    [Fact]
    public async Task Client_WhoseBodyIsTooLarge_IsToldSo_AndNotThatTheRecorderIsAway()
    {
        await using var host = await ProxyHost.StartAsync();
        host.First.Answer = LoopbackRecorder.CountAsync;
        await using var client = await RawClient.PutAsync(host.Gateway, host.Chunk, "Transfer-Encoding: chunked\r\n\r\nB00000\r\n");
        // As much as is taken; the answer may come before the rest has gone out.
        await client.Stream.WriteAsync(new byte[(10 << 20) + (65 << 10)]);
        var buffer = new byte[12];
        await client.Stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("HTTP/1.1 413", Encoding.ASCII.GetString(buffer));
        Assert.Empty(host.Session.MovedFrom);
        Assert.Equal(["silo-1"], host.Link.Asked);
    }

    [Fact]
    public async Task Client_WhoLeaves_TakesNobodysSessionAway()
    {
        await using var host = await ProxyHost.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.First.Answer = async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            asked.SetResult();
            await left.Task;
        };
        using var leave = new CancellationTokenSource();
        var answer = host.Client.GetAsync(host.Chunk, leave.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await host.Gateway.DisposeAsync();
        Assert.Empty(host.Session.MovedFrom);
        Assert.Equal(["silo-1"], host.Link.Asked);
        Assert.DoesNotContain(host.Gateway.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static async Task IsAwayAsync(HttpResponseMessage answer, string recorder)
    {
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.PartAway);
        Assert.Contains($"recorder/{recorder}", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
    }
}
