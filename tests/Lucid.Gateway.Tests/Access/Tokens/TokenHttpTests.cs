using System.Net.Http.Headers;
using System.Text.Json;
using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Tests.Access.Tokens;

/// <summary>Access tokens over HTTP, with the clock of the machine.</summary>
public sealed class TokenHttpTests
{
    [Fact]
    public async Task Request_WithAnAccessToken_IsItsSubjects_WithItsRole()
    {
        await using var host = await GatewayHost.StartAsync(_ => { }, map: app => app.MapGet("/who", (HttpContext context) => $"{context.Caller().Subject} {context.Caller().Login}").Requires(Permission.ViewOwnProfile));
        var session = Guid.NewGuid();
        using var answer = await GetAsync(host, "/who", await TokenAsync(host, Role.User, session));
        Assert.Equal($"somebody {session}", await answer.Content.ReadAsStringAsync());
        await GatewayHost.ErrorOf(await GetAsync(host, "/health", await TokenAsync(host, Role.User)), ErrorTable.PermissionDenied);
        using var admin = await GetAsync(host, "/health", await TokenAsync(host, Role.Admin));
        Assert.Equal(200, (int)admin.StatusCode);
        using var own = await host.Client.GetAsync("/who");
        Assert.Equal("local ", await own.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Request_WithARevokedToken_IsSoonRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        var token = await TokenAsync(host, Role.User);
        using (var before = await GetAsync(host, "/api/v1/meta/version", token))
            Assert.Equal(200, (int)before.StatusCode);
        await host.Node.Issuer.RevokeAsync(Revocation.OfSession(Guid.Empty, TimeProvider.System.GetUtcNow().AddMinutes(15)));
        var revoked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await GetAsync(host, "/api/v1/meta/version", token);
            if ((int)answer.StatusCode is 200 or 503)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(revoked) < TimeSpan.FromMinutes(1), "A revoked token was honoured for a minute.");
                // Not faster than the limit of a user allows.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                continue;
            }
            await GatewayHost.ErrorOf(answer, ErrorTable.LoginEnded);
            return;
        }
    }

    [Theory]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task Request_WithWhatLooksLikeAToken_IsRefused(string token)
    {
        await using var host = await GatewayHost.StartAsync();
        await TokenAsync(host, Role.User);
        await GatewayHost.ErrorOf(await GetAsync(host, "/api/v1/meta/version", token), ErrorTable.TokenInvalid);
    }

    [Fact]
    public async Task Request_AtASilo_WithAnAccessToken_IsRefused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await using var silo = await GatewayHost.StartAsync(GatewayHost.Options with { IsForPeers = true });
        await GatewayHost.ErrorOf(await GetAsync(silo, "/api/v1/meta/version", await TokenAsync(gateway, Role.SuperAdmin)), ErrorTable.TokenInvalid);
        await GatewayHost.ErrorOf(await silo.Anyone.GetAsync("/.well-known/jwks.json"), ErrorTable.PartAway);
    }

    [Fact]
    public async Task KeySet_IsForEverybody_AndMayBeKeptForFiveMinutes()
    {
        await using var host = await GatewayHost.StartAsync();
        var token = await TokenAsync(host, Role.User);
        using var answer = await host.Anyone.GetAsync("/.well-known/jwks.json");
        Assert.Equal("public, max-age=300", answer.Headers.CacheControl!.ToString());
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        var keys = json.RootElement.GetProperty("keys").EnumerateArray().Select(key =>
        {
            string Text(string member) => key.GetProperty(member).GetString()!;
            Assert.Equal(("EC", "P-256", "sig", "ES256"), (Text("kty"), Text("crv"), Text("use"), Text("alg")));
            return new VerificationKey(new JsonWebKey(Text("kid"), Text("x"), Text("y")));
        });
        var text = System.Text.Encoding.ASCII.GetBytes(token);
        Assert.Equal(TokenVerdict.Accepted, new TokenVerifier("lucid").Verify(text, new VerificationKeys(keys), TimeProvider.System.GetUtcNow(), out _));
    }

    [Fact]
    public async Task Token_NeverAppearsInTheLog()
    {
        await using var host = await GatewayHost.StartAsync();
        var token = await TokenAsync(host, Role.User);
        (await GetAsync(host, "/health", token)).Dispose();
        (await GetAsync(host, "/health", token[..^1])).Dispose();
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(token[..^1], StringComparison.Ordinal) || line.Contains(token.Split('.')[2][..^1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_FromAnotherMachine_NeedsAnAccessToken_AndTheNodesOwnIsWorthNothing()
    {
        await using var world = await TokenWorld.StartAsync();
        var served = 0;
        BearerAccess With(GatewayOptions options) => new(_ =>
        {
            served++;
            return Task.CompletedTask;
        }, options, world.Access);
        var access = With(world.Options with { Access = new AccessOptions { TrustedProxies = "192.0.2.9" } });
        await access.InvokeAsync(From("192.0.2.1", world.Token()));
        Assert.Equal(1, served);
        foreach (var (token, kind) in new[] { (GatewayHost.Token, ErrorTable.NotLoopback), ("wrong", ErrorTable.TokenInvalid), ("", ErrorTable.TokenMissing), ("a.b.c", ErrorTable.TokenInvalid) })
            Assert.Same(kind, (await Assert.ThrowsAsync<ApiException>(() => access.InvokeAsync(From("192.0.2.1", token)))).Kind);
        // One that is not meant to be reached from there looks at no token.
        Assert.Same(ErrorTable.NotLoopback, (await Assert.ThrowsAsync<ApiException>(() => With(world.Options).InvokeAsync(From("192.0.2.1", world.Token())))).Kind);
        await access.InvokeAsync(From("127.0.0.1", GatewayHost.Token));
        Assert.Equal(2, served);
    }

    [Fact]
    public async Task NodesOwnToken_WithTwoDots_IsStillIts()
    {
        var token = "a.bcdefghijklmnopqrstuvwxyz0123456789.z";
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { Token = token });
        using var answer = await GetAsync(host, "/api/v1/meta/version", token);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static DefaultHttpContext From(string address, string token)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse(address);
        if (token.Length > 0)
            context.Request.Headers.Authorization = $"Bearer {token}";
        context.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new EndpointMetadataCollection(), "any"));
        return context;
    }

    private static async Task<HttpResponseMessage> GetAsync(GatewayHost host, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await host.Anyone.SendAsync(request);
    }

    /// <summary>Once the gateway has published a key and heard of it.</summary>
    private static async Task<string> TokenAsync(GatewayHost host, Role role, Guid session = default)
    {
        for (var waited = 0; ; waited++)
        {
            try
            {
                var token = host.TokenIssuer.Issue("somebody", role, session).Token;
                using var answer = await GetAsync(host, "/api/v1/meta/version", token);
                if ((int)answer.StatusCode == 200)
                    return token;
            }
            catch (ApiException refused) when (refused.Kind == ErrorTable.PartAway)
            {
                // Not published yet.
            }
            Assert.True(waited < 500, "The gateway has published no key within 10 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
