using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Keys;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Policies;

/// <summary>What the audit log says of policies and approvals.</summary>
public sealed class PolicyTrailTests
{
    private static readonly Secp256k1PrivateKey _wallet = new(Hash256.Of("a wallet"u8).ToArray());

    [Fact]
    public async Task Approval_GivenOrRefused_IsInTheLog_WithWhoMayDoWhat()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        foreach (var decision in (string[])["approve", "refuse"])
        {
            using var answer = await host.Client.PostAsync($"/api/v1/sessions/{id}/approvals/7/{decision}", null);
            await GatewayHost.JsonOf(answer, 200);
        }
        await host.StopAsync();
        foreach (var action in (string[])["approval_give", "approval_refuse"])
        {
            var done = Assert.Single(host.Node.Audit.Events, one => one.Action == action && one.Outcome == AuditOutcome.Success);
            Assert.Equal(("7", "auditor", "take_key", "all"), (done.Details["number"], done.Details["subject"], done.Details["right"], done.Details["tracks"]));
        }
    }

    [Fact]
    public async Task Policy_PutIntoForce_IsInTheLog_WithItsVersionAndHash()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var owner = await SignedInAsync(host, WalletAddress.Of(_wallet.PublicKey).ToString());
        using var made = await owner.PostAsJsonAsync("/api/v1/trust/policies", new { name = "first", rules = Array.Empty<object>() });
        var draft = await GatewayHost.JsonOf(made, 201);
        using var activated = await owner.PostAsJsonAsync($"/api/v1/trust/policies/{draft.GetProperty("policy_id").GetString()}/activate", new { signature = Sign(draft) });
        var version = (await GatewayHost.JsonOf(activated, 200)).GetProperty("versions")[0];
        await host.StopAsync();
        var done = Assert.Single(host.Node.Audit.Events, one => one is { Action: "policy_activate", Outcome: AuditOutcome.Success });
        Assert.Equal(("1", version.GetProperty("sha256").GetString()), (done.Details["version"], done.Details["sha256"]));
    }

    [Fact]
    public async Task Policy_ThatIsNotForWhoAsks_IsCountedAsNotVisible()
    {
        await using var grains = await GrainEngine.StartAsync();
        await using var host = await grains.GatewayAsync();
        using var somebody = await SignedInAsync(host, WalletAddress.Of(_wallet.PublicKey).ToString());
        var id = Guid.NewGuid();
        using var answer = await somebody.GetAsync($"/api/v1/trust/policies/{id:D}");
        await GatewayHost.ErrorOf(answer, ErrorTable.NotFound);
        await host.StopAsync();
        var counted = Assert.Single(host.Node.Audit.Events, one => one.Action == "not_visible");
        Assert.Equal(("1", $"policy/{id:D}"), (counted.Details["count"], counted.Resource));
    }

    private static string Sign(JsonElement policy) =>
        _wallet.Sign(PersonalMessage.Digest(WalletSignature.Network, Encoding.ASCII.GetBytes(policy.GetProperty("statement").GetString()!))).ToString();

    private static async Task<HttpClient> SignedInAsync(GatewayHost host, string subject) => new()
    {
        BaseAddress = host.Address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", await host.AccessTokenAsync(subject, Role.User)) },
    };
}
