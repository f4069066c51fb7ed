using System.Net.Http.Json;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Identity;
using Lucid.Grains.Identity;

namespace Lucid.Gateway.Tests.Auth;

/// <summary>What makes somebody an administrator, or gives them a second factor: recorded, then done.</summary>
public sealed class RecordedFirstTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string Mailbox = "mail:ada@example.org";

    [Fact]
    public async Task Bootstrap_ThatCannotBeRecorded_ChoosesNobody_AndNoRecordBegins_OfAWrongSecret()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        Assert.True(await engine.Engine.Get<IDoorGrain>(IDoorGrain.Key).BeginBootstrapAsync(BootstrapLink.HashOf("secret")));
        host.Node.Audit.Failure = new AuditUnavailableException("The log is damaged.");
        using (var refused = await AskAsync("secret"))
            await GatewayHost.ErrorOf(refused, ErrorTable.AuditUnavailable);
        await Assert.ThrowsAsync<UserUnknownException>(() => engine.Engine.Get<IUserGrain>(Ada).GetAsync(Caller.Lucid));

        host.Node.Audit.Failure = null;
        using (var wrong = await AskAsync("another"))
            await GatewayHost.ErrorOf(wrong, ErrorTable.LoginEnded);
        Assert.DoesNotContain(host.Node.Audit.Events, one => one.Action == "bootstrap");
        using (var chosen = await AskAsync("secret"))
            Assert.Equal("super_admin", (await GatewayHost.JsonOf(chosen, 200)).GetProperty("role").GetString());
        var begun = Assert.Single(host.Node.Audit.Events, one => one is { Action: "bootstrap", Outcome: AuditOutcome.Begun });
        Assert.Equal($"user/{Ada}", begun.Resource);

        Task<HttpResponseMessage> AskAsync(string secret) => host.Anyone.PostAsJsonAsync("/api/v1/auth/bootstrap", new { secret, address = Ada });
    }

    [Fact]
    public async Task FactorOffer_ThatCannotBeRecorded_IsNotMade()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        var ada = engine.Engine.Get<IUserGrain>(Mailbox);
        await ada.AdmitAsync(Caller.Lucid, Role.Admin);
        var (token, text) = OpaqueToken.Make(OpaqueToken.MailLink, Mailbox, Guid.CreateVersion7());
        await ada.MakeLinkAsync(new MailLink(token.Id, token.Secret));
        host.Node.Audit.Failure = new AuditUnavailableException("The log is damaged.");
        using (var refused = await AskAsync())
            await GatewayHost.ErrorOf(refused, ErrorTable.AuditUnavailable);
        // Whoever proposes first has chosen: nobody has yet.
        var proposed = new byte[20];
        var offer = await ada.OfferFactorAsync(new MailLink(token.Id, token.Secret), proposed, "lucid.example");
        Assert.Equal(new string('A', 32), offer.Secret);

        host.Node.Audit.Failure = null;
        using (var offered = await AskAsync())
            Assert.Equal(offer.Secret, (await GatewayHost.JsonOf(offered, 200)).GetProperty("secret").GetString());
        var begun = Assert.Single(host.Node.Audit.Events, one => one is { Action: "factor_offer", Outcome: AuditOutcome.Begun });
        Assert.Equal((Mailbox, $"user/{Mailbox}"), (begun.Actor, begun.Resource));

        Task<HttpResponseMessage> AskAsync() => host.Anyone.PostAsJsonAsync("/api/v1/auth/mail/factor", new { link = text });
    }

    [Fact]
    public async Task Factor_WithItsFirstCode_IsInTheLog_BeforeAnybodyIsIn_AndWithNoOther()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        await host.AccessTokenAsync("somebody", Role.User);
        var ada = engine.Engine.Get<IUserGrain>(Mailbox);
        await ada.AdmitAsync(Caller.Lucid, Role.Admin);
        var secret = new byte[20];
        foreach (var isFirst in (bool[])[true, false])
        {
            var (token, link) = OpaqueToken.Make(OpaqueToken.MailLink, Mailbox, Guid.CreateVersion7());
            await ada.MakeLinkAsync(new MailLink(token.Id, token.Secret));
            if (isFirst)
                await ada.OfferFactorAsync(new MailLink(token.Id, token.Secret), secret, "lucid.example");
            else
                engine.Clock.Advance(TimeSpan.FromMinutes(1));
            var code = Totp.CodeAt(secret, Totp.StepAt(engine.Clock.GetUtcNow()));
            using var answer = await host.Anyone.PostAsJsonAsync("/api/v1/auth/mail/login", new { link, code });
            await GatewayHost.JsonOf(answer, 200);
            Assert.Single(host.Node.Audit.Events, one => one.Action == "factor_activate");
        }
        var (activated, login) = (host.Node.Audit.Events.First(one => one.Action == "factor_activate"), host.Node.Audit.Events.First(one => one.Action == "login"));
        Assert.Equal((Mailbox, "admin", $"user/{Mailbox}", AuditSeverity.Warning), (activated.Actor, activated.Role, activated.Resource, activated.Severity));
        Assert.Equal(login.RequestId, activated.RequestId);
    }
}
