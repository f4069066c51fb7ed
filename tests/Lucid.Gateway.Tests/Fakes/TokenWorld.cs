using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Logging;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>What a gateway does about access tokens, over an issuer in memory and with a clock that only a test moves.</summary>
internal sealed class TokenWorld : IGrains, IAsyncDisposable
{
    private readonly LoggerFactory _logs;

    public TokenWorld(TokenOptions? tokens = null)
    {
        Options = GatewayHost.Options with { Tokens = tokens ?? new TokenOptions(), Issuer = "lucid/test" };
        _logs = new LoggerFactory([Log]);
        Watch = new IssuerWatch(this, Options, Clock, _logs.CreateLogger<IssuerWatch>());
        TokenIssuer = new TokenIssuer(Keys, Watch, this, Options, Clock, _logs.CreateLogger<TokenIssuer>());
        Access = new TokenAccess(Options, Watch, Clock);
    }

    public ManualClock Clock { get; } = new();
    public DateTimeOffset Now => Clock.GetUtcNow();
    public GatewayOptions Options { get; }
    public FakeIssuer Issuer { get; } = new();
    public FakeTokenKeys Keys { get; } = new();
    public LogCapture Log { get; } = new();
    public IssuerWatch Watch { get; }
    public TokenIssuer TokenIssuer { get; }
    public TokenAccess Access { get; }

    public Guid Session { get; } = new(1, 2, 3, new byte[8]);

    /// <summary>With a key that is published, and news.</summary>
    public static async Task<TokenWorld> StartAsync(TokenOptions? tokens = null)
    {
        var world = new TokenWorld(tokens);
        await world.StartIssuerAsync();
        await world.StartWatchAsync();
        return world;
    }

    public async Task StartIssuerAsync()
    {
        await TokenIssuer.StartAsync(CancellationToken.None);
        await Clock.WaitedForAsync(TimeSpan.FromMinutes(1));
    }

    public async Task StartWatchAsync()
    {
        await Watch.StartAsync(CancellationToken.None);
        await Clock.WaitedForAsync(Options.Tokens.NewsEvery);
    }

    /// <summary>Lets the next question be asked and answered, or fail.</summary>
    public async Task NextNewsAsync()
    {
        Clock.Advance(Options.Tokens.NewsEvery);
        await Clock.WaitedForAsync(Options.Tokens.NewsEvery);
    }

    public string Token(string subject = "somebody", Guid? session = null) => TokenIssuer.Issue(subject, Role.User, session ?? Session).Token;

    public async Task<Caller> AdmitAsync(string token) => await Access.AdmitAsync(token.AsMemory(), CancellationToken.None);

    public async Task RefusedAsync(ErrorKind kind, string token) =>
        Assert.Equal(kind, (await Assert.ThrowsAsync<ApiException>(() => AdmitAsync(token))).Kind);

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain
    {
        Assert.Equal(IIssuerGrain.Key, key);
        return (TGrain)(object)Issuer;
    }

    public async ValueTask DisposeAsync()
    {
        await TokenIssuer.StopAsync(CancellationToken.None);
        await Watch.StopAsync(CancellationToken.None);
        TokenIssuer.Dispose();
        Watch.Dispose();
        Keys.Dispose();
        _logs.Dispose();
    }
}
