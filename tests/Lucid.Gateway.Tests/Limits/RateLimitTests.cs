using System.Globalization;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Limits;

/// <summary>Over HTTP, through a proxy that is trusted, so that requests come from wherever a test says; on a clock that stands still.</summary>
public sealed class RateLimitTests
{
    private const string Profile = "/api/v1/meta/version";

    private static readonly GatewayOptions _options = GatewayHost.Options with
    {
        IsForPeers = true,
        IsMutualTls = true,
        Access = new AccessOptions { TrustedProxies = "127.0.0.1" },
        Limits = new LimitOptions { Users = 40, Admins = 80, ChainQueries = 20, CreateSession = 10 },
    };

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Stranger_BeyondTheLimit_IsToldWhenToComeAgain_AndOthersAreServed()
    {
        await using var host = await StartAsync();
        for (var i = 1; i <= 100; i++)
        {
            using var served = await AskAsync(host, "/health/live", from: "203.0.113.7");
            Assert.Equal((200, "100", $"{100 - i}"), ((int)served.StatusCode, Header(served, "Limit"), Header(served, "Remaining")));
            Assert.Equal(Math.Ceiling(i * 0.6), double.Parse(Header(served, "Reset"), CultureInfo.InvariantCulture));
        }
        using var refused = await AskAsync(host, "/health/live", from: "203.0.113.7");
        var error = await GatewayHost.ErrorOf(refused, ErrorTable.TooManyRequests);
        Assert.Equal("That was more than 100 in a minute. Try again in 1 s.", error.GetProperty("message").GetString());
        Assert.Equal(("1", "0"), (refused.Headers.RetryAfter!.ToString(), Header(refused, "Remaining")));

        Assert.Equal(200, await StatusAsync(host, "/health/live", from: "203.0.113.8"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, await StatusAsync(host, "/health/live", from: "203.0.113.7"));
    }

    [Fact]
    public async Task Stranger_WithAllAddressesOfASubscriber_IsOne()
    {
        await using var host = await StartAsync();
        var served = 0;
        for (var i = 0; i < 150; i++)
            served += await StatusAsync(host, "/health/live", from: $"2001:db8:1:2::{i:x}") == 200 ? 1 : 0;
        Assert.Equal(100, served);
        Assert.Equal(200, await StatusAsync(host, "/health/live", from: "2001:db8:1:3::1"));
    }

    [Fact]
    public async Task WrongToken_CountsAsAStranger_AndLocksNobodyOutWhoSharesTheAddress()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 100; i++)
            Assert.Equal(401, await StatusAsync(host, Profile, from: "203.0.113.7", token: "wrong"));
        Assert.Equal(429, await StatusAsync(host, Profile, from: "203.0.113.7", token: "wrong"));
        Assert.Equal(429, await StatusAsync(host, "/health/live", from: "203.0.113.7"));
        Assert.Equal(429, await StatusAsync(host, "/nowhere", from: "203.0.113.7"));
        Assert.Equal(200, await StatusAsync(host, Profile, User("alice"), from: "203.0.113.7"));
    }

    [Fact]
    public async Task Denied_CountsAsThemselves_AndNotAsAStrangerOfTheirAddress()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 40; i++)
            Assert.Equal(403, await StatusAsync(host, "/admins", User("alice"), from: "203.0.113.7"));
        Assert.Equal(429, await StatusAsync(host, "/admins", User("alice"), from: "203.0.113.7"));
        using var stranger = await AskAsync(host, "/health/live", from: "203.0.113.7");
        Assert.Equal((200, "99"), ((int)stranger.StatusCode, Header(stranger, "Remaining")));
    }

    [Fact]
    public async Task FailureOfOurs_BeforeTheDoor_IsChargedToNobody()
    {
        await using var host = await StartAsync(_options with { IsForPeers = false });
        // Nobody says any more which tokens were revoked.
        host.Node.Issuer.Failure = new GrainUnreachableException("issuer", "a test says so");
        _clock.Advance(_options.Tokens.NewsWithin + TimeSpan.FromSeconds(1));
        for (var i = 0; i < 120; i++)
            Assert.Equal(503, await StatusAsync(host, Profile, from: "203.0.113.7", token: "a.b.c"));
        using var stranger = await AskAsync(host, "/health/live", from: "203.0.113.7");
        Assert.Equal((200, "99"), ((int)stranger.StatusCode, Header(stranger, "Remaining")));
    }

    [Fact]
    public async Task Caller_HasTheLimitOfItsRole_FromWhicheverAddress()
    {
        await using var host = await StartAsync();
        Assert.Equal(40, await ServedAsync(host, Profile, User("alice"), 60));
        Assert.Equal(40, await ServedAsync(host, Profile, new Caller("node", Role.NodeOperator), 60));
        Assert.Equal(80, await ServedAsync(host, Profile, new Caller("root", Role.Admin), 100));
        Assert.Equal(80, await ServedAsync(host, Profile, new Caller("rooter", Role.SuperAdmin), 100));
        Assert.Equal(40, await ServedAsync(host, Profile, User(new string('u', 256)), 60));
        Assert.Equal(0, await ServedAsync(host, Profile, User("alice"), 5));
    }

    [Fact]
    public async Task RecordersToken_HasALimitOfItsOwn()
    {
        await using var host = await StartAsync();
        var alice = User("alice");
        Assert.Equal(40, await ServedAsync(host, Profile, alice with { OnlySession = Guid.NewGuid() }, 60));
        Assert.Equal(40, await ServedAsync(host, Profile, alice with { OnlySession = Guid.NewGuid() }, 60));
        Assert.Equal(40, await ServedAsync(host, Profile, alice, 60));
    }

    [Fact]
    public async Task NodesOwnToken_HasNone()
    {
        await using var host = await StartAsync();
        using var answer = await AskAsync(host, Profile, Caller.Local);
        Assert.False(answer.Headers.Contains("X-RateLimit-Limit"));
        Assert.Equal(300, await ServedAsync(host, Profile, Caller.Local, 300));
    }

    [Fact]
    public async Task Endpoint_WithARuleOfItsOwn_IsRefusedAlone()
    {
        await using var host = await StartAsync();
        Assert.Equal(20, await ServedAsync(host, "/api/v1/chain/status", User("alice"), 25));
        using var refused = await AskAsync(host, "/api/v1/chain/status", User("alice"));
        Assert.Equal(("20", "0"), (Header(refused, "Limit"), Header(refused, "Remaining")));
        // What was refused does not count.
        Assert.Equal(20, await ServedAsync(host, Profile, User("alice"), 30));
    }

    [Theory]
    [InlineData("POST", "/api/v1/sessions", RateLimit.CreateSession)]
    [InlineData("GET", "/api/v1/chain/info", RateLimit.ChainQueries)]
    [InlineData("GET", "/api/v1/blocks/latest", RateLimit.ChainQueries)]
    [InlineData("GET", "/api/v1/anchoring/session/{id}", RateLimit.Anchoring)]
    [InlineData("POST", "/api/v1/anchoring/verify", RateLimit.Anchoring)]
    [InlineData("POST", "/api/v1/merkle/verify", RateLimit.Merkle)]
    public async Task Endpoint_HasTheRuleOfItsKind(string method, string pattern, RateLimit limit)
    {
        await using var host = await StartAsync();
        var endpoint = host.Endpoints.Single(endpoint => $"/{endpoint.RoutePattern.RawText!.Trim('/')}" == pattern &&
            endpoint.Metadata.OfType<Microsoft.AspNetCore.Routing.HttpMethodMetadata>().Any(methods => methods.HttpMethods.Contains(method)));
        Assert.Equal(limit, endpoint.Metadata.OfType<EndpointLimit>().Single().Limit);
    }

    [Fact]
    public async Task Login_TriedTooOften_IsBlocked_AndNotForeverByTryingOn()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 10; i++)
            Assert.Equal(200, await StatusAsync(host, "/login", from: "203.0.113.7"));
        using var refused = await AskAsync(host, "/login", from: "203.0.113.7");
        Assert.Equal((429, "300", "10"), ((int)refused.StatusCode, refused.Headers.RetryAfter!.ToString(), Header(refused, "Limit")));
        Assert.Equal(200, await StatusAsync(host, "/login", from: "203.0.113.8"));
        for (var minute = 0; minute < 4; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(429, await StatusAsync(host, "/login", from: "203.0.113.7"));
        }
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await StatusAsync(host, "/login", from: "203.0.113.7"));
    }

    [Fact]
    public async Task Loopback_WithoutAProxy_IsManyStrangers_AndIsNeverBlocked()
    {
        await using var host = await StartAsync(GatewayHost.Options with { Limits = new LimitOptions { Login = 2, LoopbackTimes = 10 } });
        var served = 0;
        // What they say of themselves is not believed.
        for (var i = 0; i < 25; i++)
            served += await StatusAsync(host, "/login", from: $"203.0.113.{i}") == 200 ? 1 : 0;
        Assert.Equal(20, served);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, await StatusAsync(host, "/login"));
    }

    [Fact]
    public async Task Metrics_TellHowManyWereRefused()
    {
        await using var host = await StartAsync();
        await ServedAsync(host, Profile, User("alice"), 60);
        using var answer = await AskAsync(host, "/metrics", Caller.Local);
        Assert.Contains("rate_limiting", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Caller User(string name) => new(name, Role.User);

    private async Task<GatewayHost> StartAsync(GatewayOptions? options = null)
    {
        var host = await GatewayHost.StartAsync(
            services => services.AddSingleton<TimeProvider>(_clock), options ?? _options,
            map: app =>
            {
                EndpointRouteBuilderExtensions.MapGet(app, "/login", () => "in").AllowAnonymous().LimitedTo(RateLimit.Login);
                EndpointRouteBuilderExtensions.MapGet(app, "/admins", () => "in").Requires(Permission.ViewUsers);
            });
        host.Node.Quotas = new FakeQuotas(_clock);
        return host;
    }

    private static async Task<int> ServedAsync(GatewayHost host, string path, Caller caller, int times)
    {
        var served = 0;
        for (var i = 0; i < times; i++)
            served += await StatusAsync(host, path, caller, $"198.51.100.{i % 250}") == 200 ? 1 : 0;
        return served;
    }

    private static async Task<int> StatusAsync(GatewayHost host, string path, Caller? caller = null, string? from = null, string? token = null)
    {
        using var answer = await AskAsync(host, path, caller, from, token);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> AskAsync(GatewayHost host, string path, Caller? caller = null, string? from = null, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (caller is not null)
            request.Headers.Add(CallerHeader.Name, CallerHeader.Write(caller));
        if (from is not null)
            request.Headers.Add("X-Forwarded-For", from);
        if (caller is not null || token is not null)
            request.Headers.Add("Authorization", $"Bearer {token ?? GatewayHost.Token}");
        return await host.Anyone.SendAsync(request);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues($"X-RateLimit-{name}").Single();
}
