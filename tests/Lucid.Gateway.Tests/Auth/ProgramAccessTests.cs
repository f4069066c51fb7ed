using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lucid.Evidence;
using Lucid.Gateway.Access;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Auth;

/// <summary>Over HTTP, through a proxy that is trusted, so that requests come from wherever a test says.</summary>
public sealed class ProgramAccessTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const int Strangers = 10;
    private const string Here = "203.0.113.7";

    private static readonly GatewayOptions _options = GatewayHost.Options with
    {
        Access = new AccessOptions { TrustedProxies = "127.0.0.1" },
        Limits = new LimitOptions { Strangers = Strangers },
    };

    [Fact]
    public async Task WrongTokens_OfUsersWhoeverTheyBe_CountAsAStranger_AndBringNoMoreGrainsIntoMemory()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options);
        var asked = 0;
        host.Node.Engine = () => Interlocked.Increment(ref asked) > 0 ? engine.Engine : throw new NotSupportedException();
        for (var i = 0; i < 3 * Strangers; i++)
        {
            using var answer = await AskAsync(host, Token($"mail:somebody-{i}@example.org"));
            // A permit may come back while the test is slow.
            await GatewayHost.ErrorOf(answer, i < Strangers ? ErrorTable.LoginEnded : (int)answer.StatusCode == 429 ? ErrorTable.TooManyRequests : ErrorTable.LoginEnded);
        }
        Assert.InRange(asked, Strangers, 2 * Strangers);
        using var elsewhere = await AskAsync(host, Token("mail:somebody@example.org"), "203.0.113.8");
        await GatewayHost.ErrorOf(elsewhere, ErrorTable.LoginEnded);
    }

    [Fact]
    public async Task Program_ThatWasLetIn_GoesOn_WhateverOthersSendFromItsAddress_AndCostsItNothing()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options);
        var (token, text) = OpaqueToken.Make(OpaqueToken.Program, Ada, Guid.CreateVersion7());
        var user = engine.Engine.Get<IUserGrain>(Ada);
        await user.AdmitAsync(Caller.Lucid, Role.User);
        var login = Guid.CreateVersion7();
        await user.SignInAsync(new SignIn(login, Hash256.Of("secret"u8), Hash256.Of("family"u8), "proof", engine.Clock.GetUtcNow().AddMinutes(5), new LoginOrigin("a test", "127.0.0.1"), AllowsStrangers: false));
        await user.MakeTokenAsync(new Caller(Ada, Role.User) { Login = login }, new MakeProgramToken(token.Id, token.Secret, "camera", TimeSpan.FromDays(1), null));
        var asked = 0;
        host.Node.Engine = () => Interlocked.Increment(ref asked) > 0 ? engine.Engine : throw new NotSupportedException();

        using (var first = await AskAsync(host, text))
            Assert.Equal((200, "1000"), ((int)first.StatusCode, first.Headers.GetValues("X-RateLimit-Limit").Single()));
        var refused = 0;
        for (var i = 0; i < 3 * Strangers; i++)
        {
            using var wrong = await AskAsync(host, Token(Ada));
            refused += (int)wrong.StatusCode == 401 ? 1 : 0;
        }
        Assert.InRange(refused, Strangers, 2 * Strangers);
        // Until its grain is asked again, as every half second.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (var before = asked; asked == before; await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token))
        {
            using var answer = await AskAsync(host, text);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Outage_OfTheGrainsOfUsers_IsChargedToNobody()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options);
        host.Node.Engine = () => throw new GrainUnreachableException($"user/{Ada}", "no silo is in the cluster now");
        var text = Token(Ada);
        for (var i = 0; i < 3 * Strangers; i++)
        {
            using var answer = await AskAsync(host, text);
            Assert.Equal(503, (int)answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("no key of a grain\n")]
    [InlineData("somebody")]
    public async Task Token_OfAUserThatNobodyCanBe_IsNone_AndNothingFails(string user)
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options);
        using var program = await AskAsync(host, Token(user));
        await GatewayHost.ErrorOf(program, ErrorTable.TokenInvalid);
        using var refresh = await host.Anyone.PostAsJsonAsync("/api/v1/auth/refresh", new { refresh_token = OpaqueToken.Make(OpaqueToken.Refresh, user, Guid.CreateVersion7()).Text });
        await GatewayHost.ErrorOf(refresh, ErrorTable.RefreshInvalid);
        Assert.DoesNotContain(host.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static string Token(string user) => OpaqueToken.Make(OpaqueToken.Program, user, Guid.CreateVersion7()).Text;

    private static async Task<HttpResponseMessage> AskAsync(GatewayHost host, string token, string from = Here)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/meta/version");
        request.Headers.Add("X-Forwarded-For", from);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await host.Anyone.SendAsync(request);
    }
}
