using System.Text;

namespace Lucid.Cli.Tests.Node;

/// <summary>Trust policies from the command line, at a real node.</summary>
public sealed partial class RealLoginTests
{
    private static string PolicyOf(string auditor) => $$"""
        {
          "name": "Support desk",
          "rules": [
            { "id": "nodes", "type": "node", "condition": { "acts": ["host"] }, "action": "allow" },
            { "id": "auditor", "type": "access", "condition": { "acts": ["view"], "subjects": ["{{auditor}}"] }, "action": "allow" },
            { "id": "watch", "type": "data", "condition": { "acts": ["play"], "subjects": ["{{auditor}}"] }, "action": "require_approval" }
          ]
        }
        """;

    [Fact]
    public async Task Policy_IsDrawnUp_Signed_RecordedUnder_Proved_AndRevoked()
    {
        using var node = new CliRun();
        await using var process = await UpAsync(node);
        using var owner = await PersonAsync(process.Url);
        using var auditor = await PersonAsync(process.Url);
        foreach (var person in (Person[])[owner, auditor])
        {
            Assert.True(await node.RunAsync("users", "admit", person.Address) == 0, node.Error.ToString());
            await person.SucceedsAsync("login", "--wallet", person.Wallet);
        }

        var file = owner.Cli.File("desk.json", Encoding.UTF8.GetBytes(PolicyOf(auditor.Address)));
        var policy = (await SaidAsync(owner, "policies", "create", file)).Trim();
        await owner.IsRefusedAsync("is draft", "record", owner.Cli.File("a.txt", "a"u8.ToArray()), "--policy", policy);
        // Nobody else's wallet will do, and nothing is sent then.
        Assert.Equal(1, await owner.RunAsync("policies", "activate", policy, file, "--wallet", auditor.Wallet));
        Assert.Contains("Nothing was signed", owner.Cli.Error.ToString(), StringComparison.Ordinal);
        // Nor is anything signed that the node says and nobody wrote.
        Assert.Equal(2, await owner.RunAsync("policies", "activate", policy, "--wallet", owner.Wallet));
        var other = owner.Cli.File("other.json", Encoding.UTF8.GetBytes(PolicyOf("TNobody")));
        await owner.IsRefusedAsync("something else than the file says", "policies", "activate", policy, other, "--wallet", owner.Wallet);
        await owner.IsRefusedAsync("something else than the file says", "policies", "activate", policy, other, "--statement");
        await owner.SucceedsAsync("policies", "activate", policy, file, "--wallet", owner.Wallet);
        var listed = (await owner.JsonAsync("policies", "--json"))[0];
        Assert.Equal((policy, "active", 1), (listed.GetProperty("policy_id").GetString(), listed.GetProperty("status").GetString(), listed.GetProperty("active_version").GetInt32()));
        await owner.SucceedsAsync("policies");
        Assert.Contains("\"auditor\"", await SaidAsync(owner, "policies", "show", policy), StringComparison.Ordinal);

        await owner.SucceedsAsync("record", owner.Cli.File("b.txt", "what only some may see"u8.ToArray()), "--policy", policy);
        var evidence = owner.Cli.File("b.txt.lucid");
        await owner.SucceedsAsync("policies", "export", policy, "-o", owner.Cli.File("desk.policy"));
        var validators = Assert.Single(Directory.GetFiles(node.File("trust")));
        Assert.True(await owner.Cli.RunAsync("verify", evidence, "--validators", validators, "--policy", owner.Cli.File("desk.policy")) == 0, owner.Cli.Out.ToString());
        Assert.Contains("recorded under version 1 of policy", owner.Cli.Out.ToString().ReplaceLineEndings(" "), StringComparison.Ordinal);

        var session = (await owner.JsonAsync("sessions", "--json"))[0].GetProperty("session_id").GetString()!;
        await ApprovalAsync(owner, auditor, session);

        // The next version is another policy to verify, and what was recorded stays under the first.
        await owner.SucceedsAsync("policies", "change", policy, owner.Cli.File("desk.json", Encoding.UTF8.GetBytes(PolicyOf("TNobody"))), "--wallet", owner.Wallet);
        await owner.SucceedsAsync("policies", "export", policy, "-o", owner.Cli.File("next.policy"));
        Assert.Equal(1, await owner.Cli.RunAsync("verify", evidence, "--validators", validators, "--policy", owner.Cli.File("next.policy")));
        await auditor.SucceedsAsync("show", session);
        await owner.SucceedsAsync("policies", "deactivate", policy);
        await owner.SucceedsAsync("policies", "activate", policy);
        await owner.SucceedsAsync("policies", "revoke", policy, "--reason", "The contract ended.");
        await auditor.IsRefusedAsync("There is no session", "show", session);
        await owner.SucceedsAsync("show", session);
        await owner.IsRefusedAsync("revoke it instead", "policies", "delete", policy);
        owner.SaidNoSecret();
    }

    private static async Task ApprovalAsync(Person owner, Person auditor, string session)
    {
        await auditor.SucceedsAsync("show", session);
        await auditor.SucceedsAsync("approvals", "ask", session, "play", "--reason", "The quarterly audit.");
        var asked = (await owner.JsonAsync("approvals", "list", session, "--json"))[0];
        Assert.Equal((1, auditor.Address, "play", "pending"),
            (asked.GetProperty("number").GetInt32(), asked.GetProperty("subject").GetString(), asked.GetProperty("right").GetString(), asked.GetProperty("status").GetString()));
        await auditor.IsRefusedAsync("approves alone", "approvals", "approve", session, "1");
        await owner.SucceedsAsync("approvals", "approve", session, "1");
        await auditor.SucceedsAsync("approvals", "list", session);
    }

    [Fact]
    public async Task PolicyFile_ThatIsNone_IsRefusedBeforeANodeIsAsked()
    {
        using var cli = new CliRun();
        foreach (var (text, why) in new[]
                 {
                     ("{", "is no policy"), ("null", "says null"), ("""{"name": "x"}""", "rules"), ("""{"name": "x", "rules": [], "more": 1}""", "more"),
                     ("""{"name": "x", "rules": [null]}""", "it is null"), ("""{"name": "x", "rules": [], "scope": {"applies_to": [null]}}""", "applies_to"),
                     ("""{"name": "x", "rules": [{"id": "a", "type": "access", "condition": {"acts": ["view"], "roles": [null]}, "action": "allow"}]}""", "roles: ''"),
                     ("""{"name": "x", "rules": [{"id": "a", "type": "access", "condition": null, "action": "allow"}]}""", "is no policy"),
                     ("""{"name": "x", "rules": [{"id": "a", "type": "node", "condition": {"acts": ["play"]}, "action": "allow"}]}""", "belongs to rules of type data"),
                     ("""{"name": "x", "rules": [{"id": "a", "type": "node", "condition": {"acts": ["fly"]}, "action": "allow"}]}""", "is no policy"),
                 })
        {
            var file = cli.File("p.json", Encoding.UTF8.GetBytes(text));
            Assert.Equal(2, await cli.RunAsync("policies", "create", file, "--url", "http://127.0.0.1:1"));
            Assert.True(cli.Error.ToString().Contains(why, StringComparison.Ordinal), $"{text}: {cli.Error}");
            cli.Error.GetStringBuilder().Clear();
        }
        Assert.Equal(2, await cli.RunAsync("policies", "create", cli.File("missing.json"), "--url", "http://127.0.0.1:1"));
        Assert.Equal(2, await cli.RunAsync("policies", "show", "7", "--url", "http://127.0.0.1:1"));
        Assert.Equal(2, await cli.RunAsync("record", "x", "--resume", Guid.Empty.ToString("D"), "--policy", Guid.Empty.ToString("D")));
        Assert.Equal(2, await cli.RunAsync("approvals", "ask", Guid.Empty.ToString("D"), "fly", "--reason", "x", "--url", "http://127.0.0.1:1"));
        Assert.Equal(2, await cli.RunAsync("verify", "x.lucid", "--policy", cli.File("none.policy", "lucid.signed-policy/1\n"u8.ToArray())));
        Assert.Contains("is no signed policy", cli.Error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> SaidAsync(Person person, params string[] arguments)
    {
        person.Cli.Out.GetStringBuilder().Clear();
        await person.SucceedsAsync(arguments);
        return person.Cli.Out.ToString();
    }
}
