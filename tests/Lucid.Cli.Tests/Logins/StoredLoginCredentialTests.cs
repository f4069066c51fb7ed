using Lucid.Cli.Logins;

namespace Lucid.Cli.Tests.Logins;

/// <summary>When an access token is renewed, by whom, and what becomes of a login that has ended.</summary>
public sealed class StoredLoginCredentialTests
{
    [Theory]
    [InlineData(839, 0)]
    [InlineData(840, 1)]
    [InlineData(100_000, 1)]
    public async Task AccessToken_IsRenewedAMinuteBeforeItExpires(int seconds, int renewed)
    {
        await using var some = await World.StartAsync();
        using var client = some.Client();
        some.Clock.Advance(TimeSpan.FromSeconds(seconds));

        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);
        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);

        Assert.Equal(renewed, some.Door.Renewed);
    }

    [Fact]
    public async Task AccessToken_ThatLivesForAMinute_IsRenewedAfterHalfOfIt()
    {
        await using var some = await World.StartAsync(expiresIn: 60);
        using var client = some.Client();

        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, some.Door.Renewed);
        some.Clock.Advance(TimeSpan.FromSeconds(30));
        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, some.Door.Renewed);
    }

    [Fact]
    public async Task AccessToken_ThatTheNodeRefuses_IsRenewedOnce_AndStoredBeforeItIsUsed()
    {
        await using var some = await World.StartAsync();
        using var client = some.Client();
        some.Door.Believes = false;
        some.Door.WhileRenewing = () =>
        {
            some.Door.Believes = true;
            return Task.CompletedTask;
        };
        var stored = new List<string?>();
        some.Door.LetIn = token => stored.Add(some.Store.Read(some.Door.Url)?.AccessToken == token ? token : null);

        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, some.Door.Renewed);
        Assert.Equal([some.Door.Access], stored);
    }

    [Fact]
    public async Task AccessToken_ThatIsRefusedEvenThough_IsNotRenewedForEver()
    {
        await using var some = await World.StartAsync();
        using var client = some.Client();
        some.Door.Believes = false;

        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Auth.GetStatusAsync(TestContext.Current.CancellationToken));

        Assert.Equal(1, some.Door.Renewed);
        Assert.EndsWith($"Sign in again with: lucid login --url {some.Origin}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_AtTheSameTime_ExchangeOneRefreshToken()
    {
        await using var some = await World.StartAsync(clock: TimeProvider.System);
        some.Door.Believes = false;
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        some.Door.WhileRenewing = async () =>
        {
            // Until the others have been refused as well, and wait for the one that came first.
            await waiting.Task;
            some.Door.Believes = true;
        };
        var clients = Enumerable.Range(0, 8).Select(_ => some.Client()).ToList();

        var asked = clients.ConvertAll(client => client.Auth.GetStatusAsync(TestContext.Current.CancellationToken));
        while (some.Door.Seen.Count(token => token.Length > 0) < clients.Count)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        waiting.SetResult();
        await Task.WhenAll(asked).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        Assert.Equal(1, some.Door.Renewed);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task TwoWhoDoNotWaitForEachOther_EndTheLogin()
    {
        await using var some = await World.StartAsync();
        var before = some.Store.Read(some.Door.Url)!;
        using var client = some.Client();
        some.Clock.Advance(TimeSpan.FromHours(1));
        await client.Auth.GetStatusAsync(TestContext.Current.CancellationToken);

        // What the lock and the file are for: without them the second still has the token that the first has exchanged.
        await some.Store.WriteAsync(some.Door.Url, before, TestContext.Current.CancellationToken);
        using var second = some.Client();
        var ended = await Assert.ThrowsAsync<RefusedException>(() => second.Auth.GetStatusAsync(TestContext.Current.CancellationToken));

        Assert.Equal("LUCID_ERR_2010", ended.Code);
    }

    [Fact]
    public async Task Login_ThatHasEnded_SaysSoWithTheCure_AndIsForgotten()
    {
        await using var some = await World.StartAsync();
        using var client = some.Client();
        some.Clock.Advance(TimeSpan.FromHours(1));
        some.Door.RefusesToRenew = ("LUCID_ERR_2010", "It was idle for 30 minutes.");

        var ended = await Assert.ThrowsAsync<RefusedException>(() => client.Auth.GetStatusAsync(TestContext.Current.CancellationToken));

        Assert.Equal($"The login at {some.Origin} has ended: It was idle for 30 minutes. Sign in again with: lucid login --url {some.Origin}", ended.Message);
        Assert.Null(some.Store.Read(some.Door.Url));
    }

    [Fact]
    public async Task Login_GotOverTls_IsNotShownWithoutIt()
    {
        await using var some = await World.StartAsync();
        var secured = new UriBuilder(some.Door.Url) { Scheme = "https" }.Uri;

        Assert.Equal(some.Store.PathOf(some.Door.Url), some.Store.PathOf(secured));
        Assert.Null(some.Store.Read(secured));
    }

    [Fact]
    public async Task Lock_ThatIsNotLetGoOf_IsNamed()
    {
        await using var some = await World.StartAsync();
        using var held = await some.Store.LockAsync(some.Door.Url, TimeProvider.System, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<CliException>(() => some.Store.LockAsync(some.Door.Url, new JumpingClock(), TestContext.Current.CancellationToken));

        Assert.Contains("is locked): wait for it, or end it.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_OfAStoredLogin_ShowsNoToken()
    {
        await using var some = await World.StartAsync();
        var answer = new LoginAnswer("access-secret", 1, "refresh-secret", DateTimeOffset.UnixEpoch, "T", "user", Guid.Empty);
        Assert.DoesNotContain("secret", StoredLogin.Of(some.Door.Url, answer, DateTimeOffset.UnixEpoch).ToString(), StringComparison.Ordinal);
    }

    /// <summary>A door, somebody who is signed in there, and time.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lucid-login-test-");
        private readonly TimeProvider _clock;

        private World(FakeDoor door, TimeProvider clock)
        {
            (Door, _clock) = (door, clock);
            Store = new LoginStore(_folder.FullName);
        }

        public FakeDoor Door { get; }
        public LoginStore Store { get; }
        public ManualClock Clock => (ManualClock)_clock;
        public string Origin => StoredLogin.OriginOf(Door.Url);

        public static async Task<World> StartAsync(long expiresIn = 900, TimeProvider? clock = null)
        {
            clock ??= new ManualClock();
            var world = new World(await FakeDoor.StartAsync(clock), clock);
            world.Door.ExpiresIn = expiresIn;
            using var nobody = new LucidClient(world.Door.Url);
            var answer = await nobody.Auth.SignInAsync(new LoginRequest("T", "message", "signature"), CancellationToken.None);
            await world.Store.WriteAsync(world.Door.Url, StoredLogin.Of(world.Door.Url, answer, clock.GetUtcNow()), CancellationToken.None);
            return world;
        }

        /// <summary>As another command has it, with what it has read from the file.</summary>
        public LucidClient Client()
        {
            var credential = new StoredLoginCredential(Store, Door.Url, Store.Read(Door.Url)!, _clock);
            return new LucidClient(Door.Url, credential, new LucidClientOptions { Persistence = null });
        }

        public async ValueTask DisposeAsync()
        {
            await Door.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }
}
