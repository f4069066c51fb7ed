using System.Net;
using System.Text.Json;
using Lucid.Evidence.Keys;

namespace Lucid.Client.Tests;

/// <summary>When somebody signs in, and when a login is renewed, by whom, and what becomes of one that has ended.</summary>
public sealed class LoginCredentialTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wallet_SignsInAtTheFirstRequest_AndNotAgain()
    {
        var door = new Door();
        using var client = door.Client(new LoginCredential(door.Wallet, door.Clock));

        await client.Users.GetMeAsync(Cancellation);
        await client.Users.GetMeAsync(Cancellation);

        Assert.Equal((1, 0), (door.SignedIn, door.Refreshed));
    }

    [Theory]
    [InlineData(900, 839, 0)]
    [InlineData(900, 840, 1)]
    [InlineData(60, 29, 0)]
    [InlineData(60, 30, 1)]
    public async Task AccessToken_IsRenewedBeforeItExpires(int life, int seconds, int refreshed)
    {
        var door = new Door { Life = life };
        using var client = door.Client(new LoginCredential(door.Next(), door.Clock));
        door.Clock.Advance(TimeSpan.FromSeconds(seconds));

        await client.Users.GetMeAsync(Cancellation);

        Assert.Equal((0, refreshed), (door.SignedIn, door.Refreshed));
    }

    [Fact]
    public async Task AccessToken_ThatIsRefused_IsRenewedOnceForAllRequests()
    {
        var door = new Door { Gate = new TaskCompletionSource() };
        var login = door.Next();
        door.Next();
        using var client = door.Client(new LoginCredential(login, door.Clock));
        door.Refresh = login.RefreshToken;

        var asked = Enumerable.Range(0, 8).Select(_ => client.Users.GetMeAsync(Cancellation)).ToList();
        // Not before all have been refused with the old token, or wait for the new one.
        await door.Refusals.WaitAsync(asked.Count);
        door.Gate.SetResult();
        await Task.WhenAll(asked);

        Assert.Equal(1, door.Refreshed);
    }

    [Fact]
    public async Task AccessToken_ThatIsRefusedEvenThough_IsNotRenewedForEver()
    {
        var door = new Door { Believes = false };
        using var client = door.Client(new LoginCredential(door.Next(), door.Clock));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Users.GetMeAsync(Cancellation));

        Assert.Equal(("LUCID_ERR_2002", 1), (refused.Code, door.Refreshed));
    }

    [Fact]
    public async Task Login_ThatHasEnded_IsRefused_AndWithAWalletBegunAnew()
    {
        var door = new Door();
        using var without = door.Client(new LoginCredential(door.Next(), door.Clock));
        door.Refresh = "another";
        door.Clock.Advance(TimeSpan.FromHours(1));
        var ended = await Assert.ThrowsAsync<RefusedException>(() => without.Users.GetMeAsync(Cancellation));
        Assert.Equal("LUCID_ERR_2010", ended.Code);

        using var with = door.Client(new LoginCredential(door.Wallet, door.Clock));
        await with.Users.GetMeAsync(Cancellation);
        door.Refresh = "another";
        door.Clock.Advance(TimeSpan.FromHours(1));
        await with.Users.GetMeAsync(Cancellation);
        Assert.Equal(2, door.SignedIn);
    }

    [Fact]
    public async Task Renewal_ThatFails_IsTriedAgainWithTheNextRequest()
    {
        var door = new Door { Gate = new TaskCompletionSource() };
        using var client = door.Client(new LoginCredential(door.Next(), door.Clock));
        door.Clock.Advance(TimeSpan.FromHours(1));
        door.Gate.SetException(new IOException("lost"));
        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.Users.GetMeAsync(Cancellation));

        door.Gate = null;
        await client.Users.GetMeAsync(Cancellation);

        Assert.Equal(1, door.Refreshed);
    }

    [Fact]
    public async Task WhoeverGivesUp_DoesNotStopARenewal()
    {
        var door = new Door { Gate = new TaskCompletionSource() };
        using var client = door.Client(new LoginCredential(door.Next(), door.Clock));
        door.Clock.Advance(TimeSpan.FromHours(1));
        using var impatient = new CancellationTokenSource();
        var given = client.Users.GetMeAsync(impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        var patient = client.Users.GetMeAsync(Cancellation);
        door.Gate.SetResult();
        await patient;

        Assert.Equal(1, door.Refreshed);
    }

    [Theory]
    [InlineData("other.example", "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", 300, "lets its bearer in at other.example")]
    [InlineData("lucid.example", "TG8kzYUD9wmrotYREZaucMK7hj91afW8Lt", 300, "asks for a signature of TG8k")]
    [InlineData("lucid.example", null, -1, "has expired")]
    [InlineData("pay 100 to", null, 300, "over what is no message for signing in")]
    public async Task Challenge_ThatMustNotBeSigned_IsNot(string domain, string? address, int seconds, string why)
    {
        var door = new Door { Domain = domain, Address = address, Expires = seconds };
        using var client = door.Client(new LoginCredential(door.Wallet, door.Clock));

        var refused = await Assert.ThrowsAsync<ChallengeException>(() => client.Users.GetMeAsync(Cancellation));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was signed.", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, domain.Contains(' ', StringComparison.Ordinal)), (door.SignedIn, refused.Challenge is null));
    }

    [Fact]
    public async Task Login_OfOneNode_IsNotShownToAnother()
    {
        var door = new Door();
        var credential = new LoginCredential(door.Next(), door.Clock);
        using var client = door.Client(credential);
        await client.Users.GetMeAsync(Cancellation);
        var elsewhere = FakeServer.Of(() => throw new IOException("lost"));
        using var other = new LucidClient(new Uri("https://evil.example"), credential, new LucidClientOptions { Handler = elsewhere });

        await Assert.ThrowsAsync<InvalidOperationException>(() => other.Users.GetMeAsync(Cancellation));

        Assert.Empty(elsewhere.Seen);
    }

    [Fact]
    public async Task TokenOfAProgram_ThatIsRefused_IsNotSentTwice()
    {
        var server = FakeServer.Of(() => FakeServer.Refusal(HttpStatusCode.Unauthorized, 2009));
        using var client = server.Client(new TokenCredential("secret"));
        await Assert.ThrowsAsync<RefusedException>(() => client.Users.GetMeAsync(Cancellation));
        Assert.Equal("secret", Assert.Single(server.Seen).Token);
    }

    [Fact]
    public void Texts_OfWhatHoldsSecrets_ShowNone()
    {
        var answer = new LoginAnswer("access-secret", 1, "refresh-secret", DateTimeOffset.UnixEpoch, "T", "user", Guid.Empty);
        object[] all =
        [
            answer, new RefreshRequest("refresh-secret"), new BootstrapRequest("boot-secret", "T"), new LinkRequest("link-secret"), new MailLoginRequest("link-secret", "code-secret"),
            new MailLoginAnswer(answer, ["code-secret"]), new RecoveryCodeList(["code-secret"]), new CodeRequest("code-secret"), new FactorOffer("secret", "otpauth://secret"), new TokenCredential("token-secret"), new LoginCredential(answer),
            new LoginCredential(Secp256k1PrivateKey.Generate()), new TokenMade("program-secret", new TokenView(Guid.Empty, "name", null, default, default)),
        ];
        Assert.All(all, one => Assert.DoesNotContain("secret", one.ToString(), StringComparison.Ordinal));
    }

    /// <summary>A node that lets in whoever shows its newest access token, and exchanges its newest refresh token.</summary>
    private sealed class Door
    {
        private readonly FakeServer _server;
        private int _pairs;

        public Door() => _server = new FakeServer(AnswerAsync);

        public ManualClock Clock { get; } = new();
        public Secp256k1PrivateKey Wallet { get; } = Secp256k1PrivateKey.Generate();
        public Countdown Refusals { get; } = new();
        public int Life { get; init; } = 900;
        public bool Believes { get; init; } = true;
        public string Domain { get; init; } = "lucid.example";
        public string? Address { get; init; }
        public int Expires { get; init; } = 300;
        public string? Refresh { get; set; }
        public TaskCompletionSource? Gate { get; set; }
        public int SignedIn { get; private set; }
        public int Refreshed { get; private set; }

        public LucidClient Client(ICredential credential) => _server.Client(credential, Clock);

        public LoginAnswer Next()
        {
            _pairs++;
            Refresh = $"refresh-{_pairs}";
            return new LoginAnswer($"access-{_pairs}", Life, Refresh, Clock.GetUtcNow().AddDays(30), "T", "user", Guid.Empty);
        }

        private async Task<HttpResponseMessage> AnswerAsync(Sent sent)
        {
            switch (sent.Url.AbsolutePath)
            {
                case "/api/v1/auth/challenge":
                    var address = Address ?? JsonDocument.Parse(sent.Body).RootElement.GetProperty("address").GetString();
                    var expires = Clock.GetUtcNow().AddSeconds(Expires).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
                    return FakeServer.Json(new { message = $"{Domain} login\n{address}\nNonce: AAECAwQFBgcICQoLDA0ODw\nExpires: {expires}" });
                case "/api/v1/auth/login":
                    SignedIn++;
                    return FakeServer.Json(Next());
                case "/api/v1/auth/refresh":
                    if (Gate is { } gate)
                        await gate.Task;
                    if (!sent.Body.Contains($"\"{Refresh}\"", StringComparison.Ordinal))
                        return FakeServer.Refusal(HttpStatusCode.Unauthorized, 2010);
                    Refreshed++;
                    return FakeServer.Json(Next());
                default:
                    if (Believes && sent.Token == $"access-{_pairs}")
                        return FakeServer.Text("""{"user_id":"T","role":"user","status":"active","created_at":"2030-01-01T00:00:00Z"}""");
                    Refusals.Add();
                    return FakeServer.Refusal(HttpStatusCode.Unauthorized, 2002);
            }
        }
    }

    /// <summary>Counts, and says when.</summary>
    private sealed class Countdown
    {
        private readonly SemaphoreSlim _added = new(0);

        public void Add() => _added.Release();

        public async Task WaitAsync(int count)
        {
            for (var i = 0; i < count; i++)
                Assert.True(await _added.WaitAsync(TimeSpan.FromSeconds(30)), $"{i} of {count} requests were refused.");
        }
    }
}
