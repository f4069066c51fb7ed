using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Sessions;

public sealed class ChunkApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private static readonly byte[] Body = "the plaintext"u8.ToArray();

    [Fact]
    public async Task Record_WithAllHeaders_AnswersTheReceipt()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        using var answer = await host.PutChunkAsync(id, 0, Body, request =>
        {
            request.Headers.Add("Lucid-Chunk-Time", "5,17");
            request.Headers.Add("Lucid-Track", "0");
            request.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Body))}:");
        });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("false", answer.Headers.GetValues("Lucid-Repeated").Single());
        var receipt = ChunkReceipt.Of(SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync()));
        Assert.Equal((id, 0UL, 5L, 17L, Body.Length), (receipt.Leaf.Session, receipt.Leaf.Index, receipt.Leaf.StartMs, receipt.Leaf.EndMs, receipt.Leaf.PlainLength));
        Assert.Equal(Body.Length, host.Recorder.LastUpload!.Length);

        using var again = await host.PutChunkAsync(id, 0, Body);
        Assert.Equal("true", again.Headers.GetValues("Lucid-Repeated").Single());
        var first = await host.Client.GetStringAsync($"/api/v1/sessions/{id}/chunks/0/receipt");
        Assert.Equal(first, await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Record_OtherBytesUnderTheIndex_IsConflict()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        (await host.PutChunkAsync(id, 0, Body)).Dispose();
        await GatewayHost.ErrorOf(await host.PutChunkAsync(id, 0, [1]), ErrorTable.ChunkConflict);
    }

    [Fact]
    public async Task Record_EmptyChunk_IsAllowed()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        using var answer = await host.PutChunkAsync(id, 0, []);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("Lucid-Lease", "", 1003)]
    [InlineData("Lucid-Lease", "zero", 1003)]
    [InlineData("Lucid-Track", "-1", 1003)]
    [InlineData("Lucid-Track", "256", 1004)]
    [InlineData("Lucid-Chunk-Time", "5", 1003)]
    [InlineData("Lucid-Chunk-Time", "5, 6", 1003)]
    [InlineData("Lucid-Chunk-Time", "5,6,7", 1003)]
    [InlineData("Lucid-Chunk-Time", "6,5", 1004)]
    [InlineData("Content-Digest", "sha-256=abc", 1003)]
    [InlineData("Content-Digest", "sha-256=:AAAA:", 1003)]
    [InlineData("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", 1011)]
    [InlineData("Content-Digest", "crc32c=:AAAAAAA=:", 1003)]
    [InlineData("Content-Digest", "crc32c=:AAAAAA==:", 1011)]
    [InlineData("Content-Encoding", "gzip", 1012)]
    public async Task Record_BadHeader_IsNamed(string name, string value, int number)
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        using var answer = await host.PutChunkAsync(id, 0, Body, request =>
        {
            if (name == "Content-Encoding")
            {
                request.Content!.Headers.Add(name, value);
                return;
            }
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        });
        await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
    }

    [Fact]
    public async Task Record_WithoutLease_IsRefused()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.PutChunkAsync(id, 0, Body, request => request.Headers.Remove("Lucid-Lease")), ErrorTable.MissingField);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("18446744073709551616")]
    public async Task Record_IndexIsNoNumber_IsRefused(string index)
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        using var answer = await host.Client.PutAsync($"/api/v1/sessions/{id}/chunks/{index}", new ByteArrayContent(Body));
        await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat);
    }

    [Fact]
    public async Task Record_OneByteTooMany_IsTooLargeBeforeTheRecorderIsAsked()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.PutChunkAsync(id, 0, new byte[ChunkLimits.MaxPlainBytes + 1]), ErrorTable.ChunkTooLarge);
        Assert.Null(host.Recorder.LastUpload);
    }

    [Fact]
    public async Task Record_TenMiB_IsTaken()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        using var answer = await host.PutChunkAsync(id, 0, new byte[ChunkLimits.MaxPlainBytes]);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Record_NotAdmittedYet_NotAByteOfTheBodyIsAskedFor()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        var admission = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Recorder.Admission = admission.Task;

        // A client that expects 100-continue is told to go on only when the body is first read.
        await using var client = await RawClient.PutAsync(host, $"/api/v1/sessions/{id}/chunks/0", "Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
        await host.Recorder.Asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, client.Available);
        admission.SetResult();
        var buffer = new byte[4096];
        var head = Encoding.ASCII.GetString(buffer, 0, await client.Stream.ReadAtLeastAsync(buffer, 12));
        Assert.StartsWith("HTTP/1.1 100", head, StringComparison.Ordinal);
        await client.Stream.WriteAsync("abc"u8.ToArray());
        var rest = await client.ReadToEndAsync();
        Assert.Contains("HTTP/1.1 200 OK", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_BodyStalls_IsTimedOut()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        await using var client = await RawClient.PutAsync(host, $"/api/v1/sessions/{id}/chunks/0", "Content-Length: 3\r\n\r\na");
        var answer = await client.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains(ErrorTable.RequestTimeout.Code, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_ClientLeaves_IsNoFault()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        host.Recorder.Admission = new TaskCompletionSource().Task;
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/sessions/{id}/chunks/0") { Content = new ByteArrayContent(Body) };
        request.Headers.Add("Lucid-Lease", "1");
        var answer = host.Client.SendAsync(request, leave.Token);
        await host.Recorder.Asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await host.DisposeAsync();
        Assert.DoesNotContain(host.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_Range_AnswersThatPart()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        (await host.PutChunkAsync(id, 0, Body)).Dispose();
        var path = $"/api/v1/sessions/{id}/chunks/0";
        Assert.Equal(Body, await host.Client.GetByteArrayAsync(path));

        using var part = new HttpRequestMessage(HttpMethod.Get, path);
        part.Headers.Range = new RangeHeaderValue(4, 8);
        using var partial = await host.Client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, partial.StatusCode);
        Assert.Equal("bytes 4-8/13", partial.Content.Headers.ContentRange!.ToString());
        Assert.Equal("plain", await partial.Content.ReadAsStringAsync());

        using var beyond = new HttpRequestMessage(HttpMethod.Get, path);
        beyond.Headers.Range = new RangeHeaderValue(13, 20);
        using var refused = await host.Client.SendAsync(beyond);
        await GatewayHost.ErrorOf(refused, ErrorTable.RangeNotSatisfiable);
        Assert.Equal("bytes */13", refused.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task Read_MissingChunk_IsMissing()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks/3"), ErrorTable.ChunkMissing);
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks/3/receipt"), ErrorTable.ChunkMissing);
    }

    [Fact]
    public async Task List_ChunksAndGaps_AreToldInPages()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        (await host.PutChunkAsync(id, 0, Body)).Dispose();
        host.Node.Session(id).Leaves.Add(new GapLeaf(id, 1, 0, 1000, 2000, GapCause.RecorderCrash));
        var list = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks?from=0&count=1"), 200);
        var chunk = Assert.Single(list.GetProperty("chunks").EnumerateArray());
        Assert.Equal(("chunk", 13, "none"), (chunk.GetProperty("kind").GetString(), chunk.GetProperty("plain_length").GetInt32(), chunk.GetProperty("codec").GetString()));
        Assert.Equal(1, list.GetProperty("next_index").GetInt32());

        var next = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks?from=1"), 200);
        var gap = Assert.Single(next.GetProperty("chunks").EnumerateArray());
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $$"""{"index":1,"kind":"gap","track":0,"start_ms":1000,"end_ms":2000,"cause":"recorder_crash"}"""), gap.GetRawText());

        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks?count=1001"), ErrorTable.OutOfRange);
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/chunks?from=-1"), ErrorTable.BadFormat);
    }

    public static TheoryData<Exception, int, string?> RecorderFailures => new()
    {
        { new FencedException("f"), 4101, null },
        { new SessionStateException("s"), 4007, null },
        { new ChunkWindowException("w"), 4103, null },
        { new ChunkConflictException("c"), 4102, null },
        { new ChunkTooLargeException("l"), 4006, null },
        { new ContentDigestException("d"), 1011, null },
        { new NoRoomException("r"), 4107, null },
        { new RecorderBusyException("b") { RetryAfter = TimeSpan.FromMilliseconds(2500) }, 3005, "3" },
    };

    [Theory]
    [MemberData(nameof(RecorderFailures), DisableDiscoveryEnumeration = true)]
    public async Task Record_RecorderRefuses_IsToldAsItIs(Exception failure, int number, string? retryAfter)
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        host.Recorder.Failure = failure;
        using var answer = await host.PutChunkAsync(id, 0, Body);
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Equal(failure.Message, error.GetProperty("message").GetString());
        Assert.Equal(retryAfter, answer.Headers.RetryAfter?.ToString());
    }
}
