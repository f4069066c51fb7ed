using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.Gateway.Tests.Audit;

public sealed class RefusalTrailTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string Eve = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb";

    public static TheoryData<int> OfWhoAsks => [.. ErrorTable.All.Where(kind => kind.Number is >= 2000 and < 3000).Select(kind => kind.Number)];

    /// <summary>Whoever guesses codes must be seen as well as whoever guesses signatures.</summary>
    [Theory]
    [MemberData(nameof(OfWhoAsks))]
    public void Refusal_ByWhoAsks_IsRecorded(int number)
    {
        var kind = ErrorTable.All.Single(one => one.Number == number);
        Assert.NotNull(RefusalTrail.Find(kind, new ApiException(kind), isKnown: false));
    }

    /// <summary>But for what a trust policy does not let happen: that is whoever asks, too.</summary>
    [Fact]
    public void Refusal_OfWhatIsAsked_IsNot()
    {
        ErrorKind[] policies = [ErrorTable.ApprovalNeeded, ErrorTable.RecorderNotAllowed];
        Assert.All(ErrorTable.All.Where(kind => kind.Number is < 2000 or >= 4000), kind => Assert.Equal(
            policies.Contains(kind) ? "policy_denied" : null, RefusalTrail.Find(kind, new ApiException(kind), isKnown: true)?.Action));
    }

    [Fact]
    public async Task Login_ThatFails_NamesTheAccount_AndItsLockIsAnEventOfItsOwn()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        for (var i = 0; i < 6; i++)
            (await SignInAsync(host, Ada)).Dispose();
        (await SignInAsync(host, Eve)).Dispose();
        await host.StopAsync();
        var events = host.Node.Audit.Events;
        Assert.Equal([($"user/{Ada}", "5"), ($"user/{Eve}", "1")], events.Where(one => one.Action == "login_refused").Select(one => (one.Resource, one.Details["count"])).OrderByDescending(one => one.Item2));
        Assert.Equal(($"user/{Ada}", "1"), events.Where(one => one.Action == "locked_out").Select(one => (one.Resource, one.Details["count"])).Single());
        var locked = Assert.Single(events, one => one.Action == "account_lock");
        Assert.Equal(($"user/{Ada}", AuditKind.SecurityEvent, AuditSeverity.Warning, "", "127.0.0.1"), (locked.Resource, locked.Kind, locked.Severity, locked.Actor, locked.Details["addresses"]));
        Assert.Equal("POST /api/v1/auth/login", locked.Details["endpoint"]);
    }

    [Fact]
    public async Task RefreshToken_ThatIsRefused_NamesWhoseItWouldBe()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        await host.AccessTokenAsync(Ada, Role.User);
        var (_, text) = OpaqueToken.Make(OpaqueToken.Refresh, Ada, Guid.CreateVersion7());
        using var answer = await host.Anyone.PostAsJsonAsync("/api/v1/auth/refresh", new { refresh_token = text });
        await GatewayHost.ErrorOf(answer, ErrorTable.RefreshInvalid);
        await host.StopAsync();
        Assert.Equal($"user/{Ada}", Assert.Single(host.Node.Audit.Events, one => one.Action == "refresh_refused").Resource);
    }

    [Theory]
    [InlineData("POST", $"/api/v1/users/{Eve}/suspend", "access_denied", $"user/{Eve}", "POST /api/v1/users/{user}/suspend")]
    [InlineData("DELETE", $"/api/v1/users/mail:ada@example.org/factor", "access_denied", "user/mail:ada@example.org", "DELETE /api/v1/users/{user}/factor")]
    [InlineData("GET", "/api/v1/users/a-text-of-mine", "access_denied", "", "GET /api/v1/users/{user}/")]
    [InlineData("GET", "/api/v1/keys/recovery", "access_denied", "", "GET /api/v1/keys/recovery")]
    [InlineData("GET", "/api/v1/sessions/0190b2f0-0000-7000-8000-000000000001/leaves", "policy_denied", "session/0190b2f0-0000-7000-8000-000000000001", "GET /api/v1/sessions/{id}/leaves")]
    public async Task Refusal_OfAUser_NamesWhatItWasAbout(string method, string path, string action, string resource, string endpoint)
    {
        await using var host = await GatewayHost.StartAsync();
        host.Node.Failure = new ApprovalNeededException("The owner has to approve.");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(Ada, Role.User));
        using var answer = await host.Anyone.SendAsync(request);
        Assert.Equal(403, (int)answer.StatusCode);
        await host.StopAsync();
        var refused = Assert.Single(host.Node.Audit.Events, one => one.Outcome == AuditOutcome.Refused && one.Details.ContainsKey("count"));
        Assert.Equal((action, resource, endpoint), (refused.Action, refused.Resource, refused.Details["endpoint"]));
    }

    private static Task<HttpResponseMessage> SignInAsync(GatewayHost host, string address) =>
        host.Anyone.PostAsJsonAsync("/api/v1/auth/login", new { address, message = "none", signature = "00" });
}
