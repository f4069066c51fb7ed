using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.Grains.Identity;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Auth;

/// <summary>What the audit log says of logins, and of what people do to themselves.</summary>
public sealed class LoginTrailTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string Mailbox = "mail:ada@example.org";
    private static readonly LoginOrigin _browser = new("a browser", "192.0.2.1");

    [Fact]
    public async Task RefreshToken_ThatWasStolen_IsOnRecord_WithTheUserAndTheLogin_AndThePlacesOfBoth()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        await host.AccessTokenAsync(Ada, Role.User);
        var login = Guid.CreateVersion7();
        var (refresh, text) = OpaqueToken.Make(OpaqueToken.Refresh, Ada, login);
        var ada = engine.Engine.Get<IUserGrain>(Ada);
        await ada.SignInAsync(new SignIn(login, refresh.Secret, refresh.Family!.Value, "nonce", engine.Clock.GetUtcNow().AddMinutes(5), _browser, AllowsStrangers: true));

        using (var exchanged = await ExchangeAsync())
            await GatewayHost.JsonOf(exchanged, 200);
        var view = Assert.Single((await ada.LoginsAsync(new Caller(Ada, Role.User))).Logins);
        Assert.Equal(("a browser", "192.0.2.1", "curl/8", "127.0.0.1"), (view.Client, view.Address, view.LastClient, view.LastAddress));

        // The second time ends it, and the third one is an ordinary refusal.
        for (var i = 0; i < 2; i++)
        {
            using var refused = await ExchangeAsync();
            await GatewayHost.ErrorOf(refused, ErrorTable.RefreshInvalid);
        }
        await host.StopAsync();
        var stolen = Assert.Single(host.Node.Audit.Events, one => one.Action == "refresh_reused");
        Assert.Equal(
            (Ada, $"login/{login:D}", AuditSeverity.Critical, AuditOutcome.Refused, "127.0.0.1", "curl/8"),
            (stolen.Actor, stolen.Resource, stolen.Severity, stolen.Outcome, stolen.Address, stolen.UserAgent));

        async Task<HttpResponseMessage> ExchangeAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/refresh") { Content = JsonContent.Create(new { refresh_token = text }) };
            request.Headers.UserAgent.ParseAdd("curl/8");
            return await host.Anyone.SendAsync(request);
        }
    }

    [Fact]
    public async Task WhatSomebodyDoesToThemselves_IsFoundByTheirId()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        await engine.Engine.Get<IUserGrain>(Ada).AdmitAsync(Caller.Lucid, Role.User);
        host.Anyone.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Ada, Role.User));
        using (var changed = await host.Anyone.PutAsJsonAsync("/api/v1/users/me", new { name = "Ada" }))
            await GatewayHost.JsonOf(changed, 200);
        using (var left = await host.Anyone.PostAsync("/api/v1/auth/logout", null))
            Assert.Equal(204, (int)left.StatusCode);
        await host.StopAsync();
        foreach (var action in (string[])["profile_change", "logout"])
            Assert.Equal($"user/{Ada}", Assert.Single(host.Node.Audit.Events, one => one.Action == action).Resource);
    }

    [Fact]
    public async Task LoginByMail_IsOnRecord_WithTheFactorThatCame()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        await host.AccessTokenAsync(Ada, Role.User);
        var ada = engine.Engine.Get<IUserGrain>(Mailbox);
        await ada.AdmitAsync(Caller.Lucid, Role.Admin);
        var secret = new byte[Totp.SecretSize];
        var (id, text) = await LinkAsync();
        await ada.OfferFactorAsync(id, secret, "lucid.example");
        var answer = await LoginAsync(text, Totp.CodeAt(secret, Totp.StepAt(engine.Clock.GetUtcNow())));
        Assert.Equal(10, answer.GetProperty("recovery_codes_left").GetInt32());
        (_, text) = await LinkAsync();
        answer = await LoginAsync(text, answer.GetProperty("recovery_codes")[0].GetString()!);
        Assert.Equal(9, answer.GetProperty("recovery_codes_left").GetInt32());
        Assert.Equal(["authenticator", "recovery_code"], host.Node.Audit.Events.Where(one => one.Action == "login").Select(one => one.Details["factor"]));

        async Task<(MailLink Link, string Text)> LinkAsync()
        {
            var (token, link) = OpaqueToken.Make(OpaqueToken.MailLink, Mailbox, Guid.CreateVersion7());
            await ada.MakeLinkAsync(new MailLink(token.Id, token.Secret));
            return (new MailLink(token.Id, token.Secret), link);
        }

        async Task<System.Text.Json.JsonElement> LoginAsync(string link, string code)
        {
            using var opened = await host.Anyone.PostAsJsonAsync("/api/v1/auth/mail/login", new { link, code });
            return await GatewayHost.JsonOf(opened, 200);
        }
    }

    [Fact]
    public async Task RecoveryCodes_AreMadeOnRecord_AndRefusedWithoutEndingTheLogin()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        var ada = engine.Engine.Get<IUserGrain>(Mailbox);
        await ada.AdmitAsync(Caller.Lucid, Role.Admin);
        var secret = new byte[Totp.SecretSize];
        var link = new MailLink(Guid.CreateVersion7(), Hash256.Zero);
        await ada.MakeLinkAsync(link);
        await ada.OfferFactorAsync(link, secret, "lucid.example");
        var step = Totp.StepAt(engine.Clock.GetUtcNow());
        var opened = await ada.SignInByMailAsync(new MailSignIn(link, Totp.CodeAt(secret, step), Guid.CreateVersion7(), Hash256.Zero, Hash256.Zero, _browser, new byte[RecoveryCodes.SeedSize]));
        host.Anyone.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Mailbox, Role.Admin, opened.Login.Login));

        using (var missing = await host.Anyone.PostAsJsonAsync("/api/v1/auth/mail/recovery-codes", new { code = "" }))
            await GatewayHost.ErrorOf(missing, ErrorTable.MissingField);
        // 403 and not 401: a client would renew its token for that, and send the code again.
        using (var used = await RenewAsync(step))
            await GatewayHost.ErrorOf(used, ErrorTable.CodeWrong);
        using (var made = await RenewAsync(step + 1))
        {
            Assert.Equal("no-store", made.Headers.CacheControl?.ToString());
            Assert.Equal(RecoveryCodes.Count, (await GatewayHost.JsonOf(made, 200)).GetProperty("recovery_codes").EnumerateArray().Select(code => code.GetString()).Except(opened.RecoveryCodes).Count());
        }
        using (var status = await host.Anyone.GetAsync("/api/v1/auth/status"))
            Assert.Equal(RecoveryCodes.Count, (await GatewayHost.JsonOf(status, 200)).GetProperty("recovery_codes_left").GetInt32());
        await host.StopAsync();
        var events = host.Node.Audit.Events.Where(one => one.Action == "recovery_codes_make").ToList();
        Assert.All(events, one => Assert.Equal((Mailbox, $"user/{Mailbox}"), (one.Actor, one.Resource)));
        Assert.Contains(events, one => one.Outcome == AuditOutcome.Refused && one.Details["code"] == ErrorTable.CodeWrong.Code);
        Assert.Contains(events, one => one.Outcome == AuditOutcome.Success);

        Task<HttpResponseMessage> RenewAsync(long of) => host.Anyone.PostAsJsonAsync("/api/v1/auth/mail/recovery-codes", new { code = Totp.CodeAt(secret, of) });
    }
}
