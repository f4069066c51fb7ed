using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Audit;

public sealed class AuditTrailTests
{
    [Fact]
    public async Task Action_ThatIsAudited_IsInTheLogBeforeItIsDone_AndWhatCameOfItBehind()
    {
        await using var host = await GatewayHost.StartAsync();
        using var rotated = await host.Client.PostAsync("/api/v1/keys/rotate", null);
        var id = rotated.Headers.GetValues("Lucid-Request-Id").Single();
        // The first is durable before the answer, the second soon after.
        var begun = Assert.Single(host.Node.Audit.Events, one => one is { Action: "keys_rotate", Outcome: AuditOutcome.Begun });
        Assert.Equal((AuditKind.KeyRotation, "local", "super_admin", id), (begun.Kind, begun.Actor, begun.Role, begun.RequestId));
        var done = await SeenAsync(host, one => one is { Action: "keys_rotate", Outcome: not AuditOutcome.Begun });
        Assert.Equal(id, done.RequestId);
    }

    [Fact]
    public async Task Session_Created_IsInTheLog_WithItsId()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        var made = await SeenAsync(host, one => one is { Action: "session_create", Outcome: AuditOutcome.Success });
        Assert.Equal($"session/{id:D}", made.Resource);
    }

    [Fact]
    public async Task Action_ThatCannotBeRecorded_IsNotDone()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        host.Node.Audit.Failure = new AuditUnavailableException("The log is damaged.");
        using var erased = await host.Client.DeleteAsync($"/api/v1/sessions/{id}");
        await GatewayHost.ErrorOf(erased, ErrorTable.AuditUnavailable);
        host.Node.Audit.Failure = null;
        using var view = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        Assert.Equal("anchored", (await GatewayHost.JsonOf(view, 200)).GetProperty("status").GetString());
        // What need not wait goes on, and is told later.
        using var again = await host.Client.DeleteAsync($"/api/v1/sessions/{id}");
        Assert.Equal(200, (int)again.StatusCode);
    }

    [Fact]
    public async Task Events_BeyondTheBound_AreLeftOut_AndHowManyIsTold()
    {
        const int Told = AuditTrail.MaxWaiting + 1_000;
        await using var host = await GatewayHost.StartAsync();
        await SeenAsync(host, one => one.Action == "gateway_started");
        await SeenAsync(host, one => one.Action == "token_key_trust");
        var happened = new AuditEvent { TimeMs = 1, Kind = AuditKind.SecurityEvent, Action = "told", Outcome = AuditOutcome.Success };
        host.Node.Audit.Failure = new AuditUnavailableException("The log is away.");
        for (var i = 0; i < Told; i++)
            host.AuditTrail.Tell(happened);
        await Assert.ThrowsAsync<AuditUnavailableException>(() => host.AuditTrail.RecordAsync(happened));
        host.Node.Audit.Failure = null;
        await host.StopAsync();
        var left = Assert.Single(host.Node.Audit.Events, one => one.Action == "events_left_out");
        Assert.Equal(AuditSeverity.Critical, left.Severity);
        Assert.Equal(Told, host.Node.Audit.Events.Count(one => one.Action == "told") + int.Parse(left.Details["count"], CultureInfo.InvariantCulture));
        await Assert.ThrowsAsync<AuditUnavailableException>(() => host.AuditTrail.RecordAsync(happened));
    }

    [Fact]
    public async Task Event_ThatNoRecordCanHold_TakesNoOtherWithIt()
    {
        await using var host = await GatewayHost.StartAsync();
        var happened = new AuditEvent { TimeMs = 1, Kind = AuditKind.SecurityEvent, Action = "told", Outcome = AuditOutcome.Success };
        var unfit = happened with { Resource = new string('x', AuditEvent.MaxName + 1) };
        host.AuditTrail.Tell(unfit);
        await Assert.ThrowsAsync<AuditUnavailableException>(() => host.AuditTrail.RecordAsync(unfit));
        await host.AuditTrail.RecordAsync(happened);
        await host.StopAsync();
        Assert.Equal("1", Assert.Single(host.Node.Audit.Events, one => one.Action == "events_left_out").Details["count"]);
    }

    [Fact]
    public async Task Start_IsInTheLog_WithWhatOpensTheGateway()
    {
        await using var host = await GatewayHost.StartAsync(GatewayHost.Options with { Access = new() { AdmitStrangers = true } });
        var started = await SeenAsync(host, one => one.Action == "gateway_started");
        Assert.Equal((AuditKind.SystemConfiguration, AuditSeverity.Warning, "true"), (started.Kind, started.Severity, started.Details["admit_strangers"]));
    }

    /// <summary>Whoever owns the database can add a key that signs tokens: no endpoint tells of that, and neither does the gateway in whose name it is.</summary>
    [Fact]
    public async Task Key_ThatSignsTokens_IsInTheLog_ItsOwnAndOneThatNobodyMade()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.AccessTokenAsync("somebody", Role.User);
        var own = host.Node.Issuer.Published.Single();
        var first = await SeenAsync(host, one => one.Resource == $"token_key/{own.KeyId}");
        Assert.Equal((AuditKind.KeyRotation, "token_key_trust", GatewayHost.NodeId, GatewayHost.NodeId), (first.Kind, first.Action, first.Details["by"], first.Details["of"]));

        using var signer = TokenSigner.Generate();
        var forged = signer.PublicKey;
        await host.Node.Issuer.PublishAsync(new PublishedKey(forged.KeyId, forged.X, forged.Y, "nobody", own.NotAfter));
        var added = await SeenAsync(host, one => one.Resource == $"token_key/{forged.KeyId}");
        Assert.Equal((AuditSeverity.Warning, "nobody"), (added.Severity, added.Details["of"]));
        // Another end of the same key makes no other key of it.
        await host.Node.Issuer.PublishAsync(own with { NotAfter = own.NotAfter.AddDays(1) });
        await host.AskForKeysAsync();
        await host.StopAsync();
        Assert.Equal(2, host.Node.Audit.Events.Count(one => one.Action == "token_key_trust"));
    }

    [Fact]
    public async Task Endpoints_ThatChangeSomething_AreAudited()
    {
        // What is no deed, or is told where it is done (a link by mail: MailQueueTests): questions, a recorder's own work, and a token exchanged for the next.
        string[] passed = ["/challenge", "/evaluate", "/auth/mail/", "/refresh", "/verify", "/heartbeat", "/chunks/{index}"];
        await using var host = await GatewayHost.StartAsync();
        Assert.Empty(host.Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()?.HttpMethods.Any(method => method is not "GET") == true)
            .Where(endpoint => endpoint.Metadata.GetMetadata<Audited>() is null && !passed.Any(end => endpoint.RoutePattern.RawText!.EndsWith(end, StringComparison.Ordinal)))
            .Select(endpoint => endpoint.RoutePattern.RawText));
        // And who took a recording with them, its key, or the log itself.
        Assert.All(["/sessions/{id}/evidence", "/sessions/{id}/playback", "/sessions/{id}/key", "/audit/export"], path => Assert.All(
            host.Endpoints.Where(endpoint => endpoint.RoutePattern.RawText!.EndsWith(path, StringComparison.Ordinal)), endpoint => Assert.Equal(AuditKind.DataAccess, endpoint.Metadata.GetMetadata<Audited>()?.Kind)));
    }

    [Fact]
    public async Task Secrets_OfWhateverIsAsked_AreInNoRecordAndNoLine()
    {
        const string Mark = "hunter2-marked-secret";
        await using var host = await GatewayHost.StartAsync();
        var methods = host.Endpoints.SelectMany(endpoint => (endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            .Select(method => (method, endpoint.RoutePattern.RawText!))).Distinct();
        var body = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["address"] = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB",
            ["message"] = Mark,
            ["signature"] = Mark,
            ["secret"] = Mark,
            ["refresh_token"] = $"{OpaqueToken.Refresh}_{Mark}",
            ["link"] = $"{OpaqueToken.MailLink}_{Mark}",
            ["code"] = Mark,
            ["email"] = Mark,
            ["auditor"] = Mark,
            ["reason"] = Mark,
            ["name"] = Mark,
            ["description"] = Mark,
            ["nonce"] = Mark,
        };
        foreach (var (method, pattern) in methods)
        {
            var path = System.Text.RegularExpressions.Regex.Replace(pattern, "\\{[^}]*\\}", "0190b2f0-0000-7000-8000-000000000001", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
            foreach (var token in new[] { GatewayHost.Token, Mark, $"{OpaqueToken.Program}_{Mark}", $"{Mark}.{Mark}.{Mark}" })
            {
                // Whole, and each field alone: an endpoint refuses fields that it does not know, and reads none before it has let somebody in.
                var alone = method != "GET" && token == GatewayHost.Token ? body.Select(field => new Dictionary<string, object>(StringComparer.Ordinal) { [field.Key] = field.Value }) : [];
                foreach (var sent in alone.Prepend(body))
                {
                    using var request = new HttpRequestMessage(new HttpMethod(method), path + "?token=" + Mark) { Content = method == "GET" ? null : JsonContent.Create(sent) };
                    request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
                    request.Headers.TryAddWithoutValidation("Lucid-Lease", "1");
                    using var answer = await host.Anyone.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                }
            }
        }
        // Where an id belongs too: whoever takes a token back may send the token itself.
        foreach (var (method, pattern) in methods.Where(one => one.Item2.Contains('{', StringComparison.Ordinal)))
        {
            var path = System.Text.RegularExpressions.Regex.Replace(pattern, "\\{[^}]*\\}", Mark, System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : JsonContent.Create(body) };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {GatewayHost.Token}");
            using var answer = await host.Anyone.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        await host.StopAsync();
        Assert.NotEmpty(host.Node.Audit.Events);
        var all = JsonSerializer.Serialize(host.Node.Audit.Events);
        foreach (var secret in new[] { Mark, GatewayHost.Token })
        {
            Assert.DoesNotContain(secret, all, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(host.Log.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase) && line.Contains("Lucid.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Denied_IsInTheLog_WithWhoItWas()
    {
        const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
        await using var host = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/users");
        request.Headers.Authorization = new("Bearer", await host.AccessTokenAsync(Ada, Role.User));
        using var answer = await host.Anyone.SendAsync(request);
        await GatewayHost.ErrorOf(answer, ErrorTable.PermissionDenied);
        await host.StopAsync();
        var denied = Assert.Single(host.Node.Audit.Events, one => one.Action == "access_denied");
        Assert.Equal((Ada, "user", ErrorTable.PermissionDenied.Code), (denied.Actor, denied.Role, denied.Details["code"]));
    }

    [Fact]
    public async Task Unshare_OfWhatIsNoUsersId_TellsTheLogNothingOfIt()
    {
        const string Mark = "hunter2-marked-secret";
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        using var answer = await host.Client.DeleteAsync($"/api/v1/sessions/{id}/shares/{Mark}");
        Assert.Equal(200, (int)answer.StatusCode);
        await host.StopAsync();
        Assert.Contains(host.Node.Audit.Events, one => one is { Action: "session_unshare", Outcome: AuditOutcome.Success });
        Assert.DoesNotContain(Mark, JsonSerializer.Serialize(host.Node.Audit.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_OfStrangers_AreCountedAndNotRecordedEach()
    {
        await using var host = await GatewayHost.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            using var answer = await host.Anyone.GetAsync("/api/v1/sessions");
        }
        await host.StopAsync();
        var refused = Assert.Single(host.Node.Audit.Events, one => one.Action == "token_refused");
        Assert.Equal(("30", ErrorTable.TokenMissing.Code, "", "127.0.0.1"), (refused.Details["count"], refused.Details["code"], refused.Actor, refused.Details["addresses"]));
    }

    private static async Task<AuditEvent> SeenAsync(GatewayHost host, Func<AuditEvent, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            if (host.Node.Audit.Events.FirstOrDefault(wanted) is { } seen)
                return seen;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }
}
