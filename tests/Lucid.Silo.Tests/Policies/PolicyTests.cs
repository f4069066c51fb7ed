using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Tests.Audit;
using Lucid.Silo.Tests.Identity;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.Policies;

/// <summary>Trust policies on a real node over real HTTP.</summary>
public sealed class PolicyTests : IDisposable
{
    private static readonly object _nodes = Rule("nodes", "node", "host", "allow");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Policy_FromDraftToRevoked_WithSessionsUnderIt()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await SignedInAsync(node);
        using var bob = await SignedInAsync(node);
        var draft = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("trust/policies", Body(_nodes, Rule("bob", "access", "view", "allow", bob.Address), Rule("watch", "data", "play", "require_approval", bob.Address))));
        var policy = draft.GetProperty("policy_id").GetGuid();
        Assert.Equal(("draft", ada.Address), (draft.GetProperty("status").GetString(), draft.GetProperty("owner").GetString()));
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "one", policy_id = policy }), HttpStatusCode.Conflict, 4111);
        await Wallet.RefusedAsync(await ada.Client.GetAsync($"trust/policies/{policy}/versions/1/signed"), HttpStatusCode.Conflict, 4111);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/activate", new { signature = bob.Sign(draft.GetProperty("statement").GetString()!) }), HttpStatusCode.BadRequest, 1001);
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"trust/policies/{policy}"), HttpStatusCode.NotFound, 4001);
        await ActivateAsync(ada, draft);

        var bytes = await ada.Client.GetByteArrayAsync($"trust/policies/{policy}/versions/1");
        var signed = SignedPolicy.Parse(await ada.Client.GetByteArrayAsync($"trust/policies/{policy}/versions/1/signed"));
        Assert.Equal(bytes, signed.Bytes.ToArray());
        Assert.Null(PolicyVerification.FindFault(signed, new WalletScheme(WalletSignature.Network, 0x41)));
        var tried = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/versions/1/evaluate", new { act = "play", subject = bob.Address }));
        Assert.Equal(("needs_approval", "watch", 300), (tried.GetProperty("outcome").GetString(), tried.GetProperty("rule").GetString(), tried.GetProperty("approval").GetProperty("approval_seconds").GetInt32()));
        Assert.Equal(1, (await Wallet.JsonAsync(await ada.Client.GetAsync("trust/policies"))).GetProperty("pagination").GetProperty("total").GetInt32());

        var session = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "one", policy_id = policy }));
        var id = session.GetProperty("session_id").GetGuid();
        Assert.Equal((policy, 1, Hash256.Of(bytes).ToString()),
            (session.GetProperty("policy").GetProperty("policy_id").GetGuid(), session.GetProperty("policy").GetProperty("version").GetInt32(), session.GetProperty("policy").GetProperty("sha256").GetString()));
        (await bob.Client.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions/{id}/playback"), HttpStatusCode.Forbidden, 4110);
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions/{id}/key"), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await ada.Client.DeleteAsync($"sessions/{id}"), HttpStatusCode.Forbidden, 2004);
        await ApproveAsync(ada, bob, id);

        using var stop = new HttpRequestMessage(HttpMethod.Post, $"sessions/{id}/stop") { Headers = { { "Lucid-Lease", "1" } } };
        (await ada.Client.SendAsync(stop)).EnsureSuccessStatusCode();
        using var manifest = JsonDocument.Parse(await ada.Client.GetByteArrayAsync($"sessions/{id}/manifest"));
        Assert.Equal(Hash256.Of(bytes).ToString(), manifest.RootElement.GetProperty("policy_hash").GetString());

        await Wallet.RefusedAsync(await ada.Client.DeleteAsync($"trust/policies/{policy}"), HttpStatusCode.Conflict, 4111);
        (await ada.Client.PostAsync($"trust/policies/{policy}/deactivate", null)).EnsureSuccessStatusCode();
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "two", policy_id = policy }), HttpStatusCode.Conflict, 4111);
        (await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/activate", new { })).EnsureSuccessStatusCode();
        Assert.Equal("revoked", (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/revoke", new { reason = "it ended" }))).GetProperty("status").GetString());
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions/{id}"), HttpStatusCode.NotFound, 4001);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/activate", new { }), HttpStatusCode.Conflict, 4111);
        (await ada.Client.GetAsync($"sessions/{id}")).EnsureSuccessStatusCode();
    }

    private static async Task ApproveAsync(Wallet ada, Wallet bob, Guid id)
    {
        var asked = await Wallet.JsonAsync(await bob.Client.PostAsJsonAsync($"sessions/{id}/approvals", new { right = "play", reason = "a look" }));
        Assert.Equal(("pending", 1, "play"), (asked.GetProperty("status").GetString(), asked.GetProperty("number").GetInt32(), asked.GetProperty("right").GetString()));
        await Wallet.RefusedAsync(await bob.Client.PostAsync($"sessions/{id}/approvals/1/approve", null), HttpStatusCode.Forbidden, 2004);
        await Wallet.RefusedAsync(await bob.Client.PostAsJsonAsync($"sessions/{id}/approvals", new { right = "play" }), HttpStatusCode.BadRequest, 1002);
        Assert.Equal(1, (await Wallet.JsonAsync(await ada.Client.GetAsync($"sessions/{id}/approvals"))).GetProperty("approvals").GetArrayLength());
        Assert.Equal("approved", (await Wallet.JsonAsync(await ada.Client.PostAsync($"sessions/{id}/approvals/1/approve", null))).GetProperty("status").GetString());
        (await bob.Client.GetAsync($"sessions/{id}/playback")).EnsureSuccessStatusCode();
        Assert.Equal("refused", (await Wallet.JsonAsync(await ada.Client.PostAsync($"sessions/{id}/approvals/1/refuse", null))).GetProperty("status").GetString());
        await Wallet.RefusedAsync(await ada.Client.PostAsync($"sessions/{id}/approvals/1/approve", null), HttpStatusCode.BadRequest, 1001);
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"sessions/{id}/playback"), HttpStatusCode.Forbidden, 4110);
    }

    [Fact]
    public async Task Policy_SurvivesARestart_AndItsNextVersionIsAnother()
    {
        Guid policy;
        using var folder = new TempFolder();
        Wallet ada;
        await using (var node = await TestNode.StartAsync(folder))
        {
            ada = await SignedInAsync(node);
            using var _ = ada;
            var draft = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("trust/policies", Body(_nodes)));
            policy = draft.GetProperty("policy_id").GetGuid();
            await ActivateAsync(ada, draft);
            var next = await Wallet.JsonAsync(await ada.Client.PutAsJsonAsync($"trust/policies/{policy}", Body(_nodes, Rule("keep", "transaction", "erase", "deny"))));
            Assert.Equal((2, 1), (next.GetProperty("versions").GetArrayLength(), next.GetProperty("active_version").GetInt32()));
            Assert.Equal(2, (await ActivateAsync(ada, next)).GetProperty("active_version").GetInt32());
        }
        // Beside that the recovery key was never backed up.
        Assert.DoesNotContain((await RecordedFolder.AuditAsync(folder)).Findings, finding => finding.File != "keys/ring");
        await using var again = await TestNode.StartAsync(folder);
        var view = await Wallet.JsonAsync(await again.Client.GetAsync($"trust/policies/{policy}"));
        Assert.Equal(("active", 2), (view.GetProperty("status").GetString(), view.GetProperty("active_version").GetInt32()));
        Assert.Equal(1, (await Wallet.JsonAsync(await again.Client.GetAsync($"trust/policies?owner={ada.Address}"))).GetProperty("policies").GetArrayLength());
    }

    [Fact]
    public async Task Mistakes_AreAnsweredWithWhatIsWrong()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var ada = await SignedInAsync(node);
        using var bob = await SignedInAsync(node);
        // Whoever has no wallet signs nothing.
        await Wallet.RefusedAsync(await node.Client.PostAsJsonAsync("trust/policies", Body(_nodes)), HttpStatusCode.BadRequest, 1001);
        foreach (var (body, number) in new (string, int)[]
                 {
                     ("{}", 1002), ("""{"name":"x"}""", 1002), ("""{"name":"x","rules":[{"id":"a"}]}""", 1002), ("""{"name":"x","rules":[null]}""", 1002),
                     ("""{"name":"x","rules":[],"scope":{"applies_to":[null]}}""", 1002),
                     ("""{"name":"x","rules":[],"more":1}""", 1009), ("""{"name":"x","rules":[{"id":"a","type":"sky","condition":{"acts":["play"]},"action":"allow"}]}""", 1009),
                     ("""{"name":"x","rules":[{"id":"a","type":"node","condition":{"acts":["play"]},"action":"allow"}]}""", 1001),
                     ("""{"name":"x","rules":[{"id":"a","type":"node","condition":{"acts":["host"]},"action":"allow","parameters":{"grant_seconds":60}}]}""", 1001),
                 })
            await Wallet.RefusedAsync(await ada.Client.PostAsync("trust/policies", new StringContent(body, Encoding.UTF8, "application/json")), HttpStatusCode.BadRequest, number);
        var many = Enumerable.Range(0, 101).Select(i => Rule($"r{i}", "node", "host", "allow")).ToArray();
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("trust/policies", Body(many)), HttpStatusCode.BadRequest, 1004);

        var draft = await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("trust/policies", Body(Rule("nodes", "node", "host", "deny"))));
        var policy = draft.GetProperty("policy_id").GetGuid();
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/activate", new { }), HttpStatusCode.Conflict, 4111);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/revoke", new { }), HttpStatusCode.BadRequest, 1002);
        await Wallet.RefusedAsync(await ada.Client.GetAsync($"trust/policies/{policy}/versions/2"), HttpStatusCode.NotFound, 4001);
        await Wallet.RefusedAsync(await ada.Client.GetAsync($"trust/policies/{policy}/versions/x"), HttpStatusCode.BadRequest, 1003);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync($"trust/policies/{policy}/versions/1/evaluate", new { }), HttpStatusCode.BadRequest, 1002);
        await Wallet.RefusedAsync(await ada.Client.GetAsync("trust/policies/x"), HttpStatusCode.BadRequest, 1005);
        await Wallet.RefusedAsync(await ada.Client.GetAsync("trust/policies?limit=0"), HttpStatusCode.BadRequest, 1004);
        await Wallet.RefusedAsync(await bob.Client.GetAsync($"trust/policies?owner={ada.Address}"), HttpStatusCode.Forbidden, 2004);
        await ActivateAsync(ada, draft);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "one", policy_id = policy }), HttpStatusCode.Forbidden, 4112);
        await Wallet.RefusedAsync(await bob.Client.PostAsJsonAsync("sessions", new { name = "one", policy_id = policy }), HttpStatusCode.NotFound, 4001);
        await Wallet.RefusedAsync(await ada.Client.PostAsJsonAsync("sessions", new { name = "one", policy_id = Guid.Empty }), HttpStatusCode.NotFound, 4001);

        var gone = (await Wallet.JsonAsync(await ada.Client.PostAsJsonAsync("trust/policies", Body(_nodes)))).GetProperty("policy_id").GetGuid();
        Assert.Equal(HttpStatusCode.NoContent, (await ada.Client.DeleteAsync($"trust/policies/{gone}")).StatusCode);
        await Wallet.RefusedAsync(await ada.Client.GetAsync($"trust/policies/{gone}"), HttpStatusCode.NotFound, 4001);
    }

    private static object Body(params object[] rules) => new { name = "a policy", rules };

    private static object Rule(string id, string type, string act, string action, params string[] subjects) =>
        new { id, type, condition = new { acts = new[] { act }, subjects }, action };

    private static async Task<JsonElement> ActivateAsync(Wallet owner, JsonElement policy) => await Wallet.JsonAsync(await owner.Client.PostAsJsonAsync(
        $"trust/policies/{policy.GetProperty("policy_id").GetGuid()}/activate", new { signature = owner.Sign(policy.GetProperty("statement").GetString()!) }));

    private static async Task<Wallet> SignedInAsync(TestNode node)
    {
        var wallet = new Wallet(node.Url);
        (await node.Client.PostAsJsonAsync("users", new { address = wallet.Address })).EnsureSuccessStatusCode();
        await wallet.SignInAsync();
        return wallet;
    }
}
