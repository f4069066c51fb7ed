using System.Net;
using System.Net.Sockets;

namespace Lucid.Client.Tests;

/// <summary>What becomes of a request, whatever happens to it.</summary>
public sealed class LucidClientTests
{
    private static readonly Guid _session = Guid.Parse("0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<Exception> Losses =>
    [
        new HttpRequestException("Connection refused"),
        // What HttpClient lets through where a node dies while a connection to it is being set up.
        new SocketException((int)SocketError.NotConnected),
        new IOException("The response ended prematurely."),
    ];

    [Theory]
    [MemberData(nameof(Losses), DisableDiscoveryEnumeration = true)]
    public async Task Request_WhoseConnectionIsLost_SaysThatTheNodeDoesNotAnswer(Exception loss)
    {
        using var client = new FakeServer(_ => Task.FromException<HttpResponseMessage>(loss)).Client();
        Assert.False(await client.Node.IsAliveAsync(Cancellation));
        var thrown = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.Sessions.GetAsync(_session, Cancellation));
        Assert.Equal("The node at https://lucid.example does not answer.", thrown.Message);
    }

    [Fact]
    public async Task Certificate_ThatNobodyVouchesFor_IsNotTakenForANodeThatIsAway()
    {
        await using var server = new UntrustedServer();
        using var client = new LucidClient(server.Url);

        var refused = await Assert.ThrowsAsync<NodeUntrustedException>(() => client.Node.IsAliveAsync(Cancellation));

        Assert.Contains("is not trusted", refused.Message, StringComparison.Ordinal);
        Assert.Contains("SSL_CERT_FILE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_HasAllThatTheNodeSaid()
    {
        using var client = FakeServer.Of(() =>
        {
            var answer = FakeServer.Json(
                new { error = new { code = "LUCID_ERR_4104", message = "Chunks 1 and 2 are missing.", details = new { chunks = "1, 2" }, request_id = "r-1" } }, HttpStatusCode.Conflict);
            answer.Headers.Add("Retry-After", "7");
            return answer;
        }).Client();

        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.StopAsync(_session, 1, cancellation: Cancellation));

        Assert.Equal((HttpStatusCode.Conflict, "LUCID_ERR_4104", "Chunks 1 and 2 are missing.", "r-1"), (refused.Status, refused.Code, refused.Message, refused.RequestId));
        Assert.Equal((TimeSpan.FromSeconds(7), "1, 2"), (refused.RetryAfter, refused.Details["chunks"]));
    }

    [Fact]
    public async Task Refusal_ByWhatIsNoLucidNode_SaysItsStatus()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("<html>") }).Client();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.GetAsync(_session, Cancellation));
        Assert.Equal(("", $"https://lucid.example/api/v1/sessions/{_session} answered 404 Not Found."), (refused.Code, refused.Message));
        Assert.Empty(refused.Details);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("""{"session_id":7}""")]
    public async Task Answer_ThatIsNoneOfALucidNode_IsRefused(string text)
    {
        using var client = FakeServer.Of(() => FakeServer.Text(text)).Client();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.GetAsync(_session, Cancellation));
        Assert.Contains("answered what no Lucid node would", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_InLettersThatThereAreNot_IsRefused()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage { Content = new ByteArrayContent([1]) { Headers = { { "Content-Type", "application/json; charset=odd" } } } }).Client();
        await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.GetAsync(_session, Cancellation));
    }

    [Fact]
    public async Task Redirection_IsNotFollowed_AndSaysWhereTo()
    {
        var server = FakeServer.Of(() => new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri("https://elsewhere.example/x") } });
        using var client = server.Client(new TokenCredential("secret"));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Users.GetMeAsync(Cancellation));

        Assert.Equal(new Uri("https://elsewhere.example/x"), refused.MovedTo);
        Assert.Equal("https://lucid.example says that it has moved to https://elsewhere.example.", refused.Message);
        Assert.Equal("secret", Assert.Single(server.Seen).Token);
    }

    [Fact]
    public async Task Answer_ThatBreaksOff_IsALostNode()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage { Content = new StreamContent(new BrokenStream()) }).Client();
        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.Recordings.GetManifestAsync(_session, Cancellation));
        await using var evidence = await client.Recordings.OpenEvidenceAsync(_session, cancellation: Cancellation);
        await Assert.ThrowsAsync<NodeUnreachableException>(() => evidence.CopyToAsync(Stream.Null, Cancellation));
    }

    [Fact]
    public async Task Stream_ThatIsShorterThanTheNodeSaid_IsALostNode_AndNoShortFile()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage { Content = new StreamContent(new MemoryStream([1, 2, 3])) { Headers = { ContentLength = 4 } } }).Client();
        await using var evidence = await client.Recordings.OpenEvidenceAsync(_session, cancellation: Cancellation);
        Assert.Equal((4, null), (evidence.Length, evidence.SkippedChunks));
        await Assert.ThrowsAsync<NodeUnreachableException>(() => evidence.CopyToAsync(Stream.Null, Cancellation));
        Assert.Equal(3, evidence.Position);
    }

    [Fact]
    public async Task Stream_NamesChunksThatTheNodeLeftOut()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage { Headers = { { "Lucid-Skipped-Chunks", "3,5" } }, Content = new ByteArrayContent([1]) }).Client();
        await using var evidence = await client.Recordings.OpenEvidenceAsync(_session, skipDamaged: true, cancellation: Cancellation);
        Assert.Equal("3,5", evidence.SkippedChunks);
        Assert.Throws<NotSupportedException>(() => evidence.Seek(0, SeekOrigin.Begin));
    }

    [Fact]
    public async Task Node_ThatDoesNotBeginToAnswer_DoesNotAnswer()
    {
        var server = new FakeServer(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        using var client = new LucidClient(
            new Uri("https://lucid.example"), null, new LucidClientOptions { Handler = server, Persistence = null, AnswerWithin = TimeSpan.FromMilliseconds(1) });
        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.Sessions.GetAsync(_session, Cancellation));
    }

    [Fact]
    public async Task Cancellation_IsNoLostNode()
    {
        using var cancelled = new CancellationTokenSource();
        using var client = new FakeServer(async _ =>
        {
            await cancelled.CancelAsync();
            return await new TaskCompletionSource<HttpResponseMessage>().Task;
        }).Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Sessions.GetAsync(_session, cancelled.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_600_001)]
    public void AnswerWithin_OutOfItsRange_IsRefused(int milliseconds) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new LucidClient(new Uri("https://lucid.example"), null, new LucidClientOptions { AnswerWithin = TimeSpan.FromMilliseconds(milliseconds) }));

    [Fact]
    public async Task Busy_IsTriedAgain_WhenTheNodeSaysSo()
    {
        var clock = new JumpingClock();
        var server = FakeServer.Of(
            () => FakeServer.Refusal(HttpStatusCode.ServiceUnavailable, 3005, retryAfter: 3),
            () => FakeServer.Refusal(HttpStatusCode.TooManyRequests, 3001, retryAfter: 60),
            () => throw new HttpRequestException("lost"),
            () => new HttpResponseMessage { Content = new StringContent("text") });
        using var client = server.Client(clock: clock);

        Assert.Equal("text", await client.Chain.GetCheckpointAsync(Cancellation));

        Assert.Equal(4, server.Seen.Count);
        // As the node says, but for no longer than options allow; then after a delay of our own.
        Assert.Equal([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10)], clock.Waited[..2]);
        Assert.InRange(clock.Waited[2], TimeSpan.FromMilliseconds(600), TimeSpan.FromMilliseconds(800));
    }

    [Fact]
    public async Task Busy_ForAllOfOurPatience_IsRefused()
    {
        var clock = new JumpingClock();
        using var client = FakeServer.Of(() => FakeServer.Refusal(HttpStatusCode.ServiceUnavailable, 5008)).Client(clock: clock);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Chain.GetCheckpointAsync(Cancellation));
        Assert.Equal("LUCID_ERR_5008", refused.Code);
        Assert.InRange(clock.Now, PersistenceOptions.Default.Patience, PersistenceOptions.Default.Patience + PersistenceOptions.Default.LongestDelay);
    }

    [Fact]
    public async Task Refusal_ForGood_IsNotTriedAgain()
    {
        var server = FakeServer.Of(() => FakeServer.Refusal(HttpStatusCode.Forbidden, 2004));
        using var client = server.Client(clock: new JumpingClock());
        await Assert.ThrowsAsync<RefusedException>(() => client.Users.GetMeAsync(Cancellation));
        Assert.Single(server.Seen);
    }

    [Fact]
    public async Task WhatIsGoodOnce_IsSentOnce()
    {
        var server = FakeServer.Of(() => FakeServer.Refusal(HttpStatusCode.ServiceUnavailable, 5008, retryAfter: 1));
        using var client = server.Client(clock: new JumpingClock());
        Func<Task>[] all =
        [
            () => client.Auth.RefreshAsync("r", Cancellation), () => client.Auth.MakeTokenAsync(new TokenRequest("t"), Cancellation),
            () => client.Auth.SignInAsync(new LoginRequest("a", "m", "s"), Cancellation), () => client.Auth.AskForLinkAsync("a@example.org", Cancellation),
        ];
        foreach (var one in all)
            await Assert.ThrowsAsync<RefusedException>(one);
        Assert.Equal(all.Length, server.Seen.Count);
    }

    [Fact]
    public async Task Creation_TriedAgain_HasOneKey_AndTheNextOneAnother()
    {
        var server = FakeServer.Of(() => throw new IOException("lost"), () => FakeServer.Text(View));
        using var client = server.Client(clock: new JumpingClock());

        await client.Sessions.CreateAsync(new NewSession("a"), cancellation: Cancellation);
        await client.Sessions.CreateAsync(new NewSession("a"), cancellation: Cancellation);
        await client.Sessions.CreateAsync(new NewSession("a"), "mine", Cancellation);

        var keys = server.Seen.Select(sent => sent.Headers["Idempotency-Key"]).ToList();
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[0], keys[2]);
        Assert.Equal("mine", keys[3]);
    }

    [Fact]
    public async Task Creation_TriedOnce_HasNoKeyOfOurs()
    {
        var server = FakeServer.Of(() => FakeServer.Text(View));
        using var client = server.Client();
        await client.Sessions.CreateAsync(new NewSession("a"), cancellation: Cancellation);
        Assert.DoesNotContain("Idempotency-Key", Assert.Single(server.Seen).Headers.Keys);
    }

    [Fact]
    public async Task ReadIfChanged_OfWhatIsTheSame_IsNull_AndElseWhatItIsNow()
    {
        var server = FakeServer.Of(() => Tagged("\"1\""), () => new HttpResponseMessage(HttpStatusCode.NotModified), () => Tagged("\"2\""));
        using var client = server.Client();
        var known = await client.Sessions.GetAsync(_session, Cancellation);

        Assert.Null(await client.ReadIfChangedAsync(known, Cancellation));
        var now = await client.ReadIfChangedAsync(known, Cancellation);

        Assert.Equal(("\"1\"", "\"2\""), (known.ETag, now!.ETag));
        Assert.All(server.Seen.Skip(1), sent => Assert.Equal(("\"1\"", server.Seen[0].Url), (sent.Headers["If-None-Match"], sent.Url)));
        var untagged = now with { ETag = null };
        await Assert.ThrowsAsync<ArgumentException>(() => client.ReadIfChangedAsync(untagged, Cancellation));
    }

    [Fact]
    public async Task NotModified_WithoutBeingAskedFor_IsNoAnswer()
    {
        using var client = FakeServer.Of(() => new HttpResponseMessage(HttpStatusCode.NotModified)).Client();
        await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.GetAsync(_session, Cancellation));
    }

    [Theory]
    [InlineData("failed", "the disk is full")]
    [InlineData("erased", null)]
    public async Task WaitUntilAnchored_OfWhatNeverWillBe_IsRefused(string status, string? failure)
    {
        var clock = new JumpingClock();
        using var client = FakeServer.Of(
            () => FakeServer.Text(View.Replace("anchored", "anchoring", StringComparison.Ordinal)),
            () => FakeServer.Text(View.Replace("anchored", status, StringComparison.Ordinal).Replace("}", failure is null ? "}" : $",\"failure\":\"{failure}\"}}", StringComparison.Ordinal)))
            .Client(clock: clock);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.WaitUntilAnchoredAsync(_session, TimeSpan.FromSeconds(5), Cancellation));
        Assert.Equal($"Session {_session} is {status}{(failure is null ? "" : ": " + failure)}.", refused.Message);
        Assert.Equal(TimeSpan.FromSeconds(5), Assert.Single(clock.Waited));
    }

    [Fact]
    public async Task Health_OfAnUnhealthyNode_IsAnAnswer()
    {
        using var client = FakeServer.Of(() => FakeServer.Text("""{"status":"unhealthy"}""", HttpStatusCode.ServiceUnavailable)).Client();
        Assert.Equal("unhealthy", await client.Node.GetReadinessAsync(Cancellation));
        Assert.Equal("unhealthy", (await client.Node.GetHealthAsync(Cancellation)).Status);
    }

    private static string View => $$"""{"session_id":"{{_session}}","owner":"o","name":"n","status":"anchored","created_at":"2026-01-31T12:00:00Z"}""";

    private static HttpResponseMessage Tagged(string tag)
    {
        var answer = FakeServer.Text(View);
        answer.Headers.Add("ETag", tag);
        return answer;
    }

    /// <summary>Breaks off after a byte.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        private bool _begun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_begun)
                throw new IOException("The response ended prematurely.");
            _begun = true;
            return ValueTask.FromResult(1);
        }
    }
}
