using System.Text;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Policies;

public sealed class TrustPolicyTests
{
    /// <summary>The bytes that are signed: whatever changes here makes every policy that was signed invalid.</summary>
    private const string Text = """
        {
          "format": "lucid.policy/1",
          "network": "35e13e1cff7a9ab1fa8c9d0c3bb9f0f4b5c5d4c4a9c7d5b7a1a1a1a1a1a1a1a1",
          "policy": "0199c0de-aaaa-7abc-8def-0123456789ab",
          "owner": "TOwner",
          "version": 1,
          "previous": "0000000000000000000000000000000000000000000000000000000000000000",
          "created_at": "2026-01-31T12:00:00.000Z",
          "name": "Support \"desk\"",
          "description": "Für \\ alle",
          "scope": {
            "applies_to": ["*", "TBob"],
            "excluded": []
          },
          "rules": [
            {
              "id": "watch",
              "type": "data",
              "condition": {
                "acts": ["play", "take_key"],
                "subjects": ["TAuditor", "@owner"],
                "roles": ["node_operator"],
                "recorders": [],
                "tracks": [0, 1],
                "max_bytes": 1000000,
                "not_before": "2026-01-31T12:00:00.000Z",
                "not_after": null
              },
              "action": "require_approval",
              "parameters": {
                "approval_seconds": 300,
                "grant_seconds": 3600
              }
            },
            {
              "id": "nodes",
              "type": "node",
              "condition": {
                "acts": ["host"],
                "subjects": [],
                "roles": [],
                "recorders": ["pi-1"],
                "tracks": [],
                "max_bytes": null,
                "not_before": null,
                "not_after": null
              },
              "action": "allow",
              "parameters": null
            }
          ]
        }

        """;

    [Fact]
    public void Text_IsReadAndWrittenAsItStands()
    {
        var policy = TrustPolicy.Parse(Encoding.UTF8.GetBytes(Text));
        Assert.Equal(Text, Encoding.UTF8.GetString(policy.Encode()));
        Assert.Equal(("Support \"desk\"", "Für \\ alle", 2), (policy.Name, policy.Description, policy.Rules.Length));
        var watch = policy.Rules[0];
        Assert.Equal((PolicyRuleType.Data, PolicyAction.RequireApproval, new PolicyApproval(300, 3600)), (watch.Type, watch.Action, watch.Parameters));
        Assert.Equal([PolicyAct.Play, PolicyAct.TakeKey], watch.Condition.Acts);
        Assert.Equal((1_000_000, SamplePolicies.Noon, null), (watch.Condition.MaxBytes, watch.Condition.NotBefore, watch.Condition.NotAfter));
    }

    [Fact]
    public void Parse_OfEverySingleAlteredByte_IsRefusedOrAnotherPolicy()
    {
        var bytes = SamplePolicies.Policy().Encode();
        for (var i = 0; i < bytes.Length; i++)
        {
            foreach (var flip in (ReadOnlySpan<byte>)[0x01, 0x20, 0x80])
            {
                var altered = (byte[])bytes.Clone();
                altered[i] ^= flip;
                try
                {
                    // What still reads is another policy, with another hash: nothing that is written otherwise reads as the same one.
                    Assert.Equal(altered, TrustPolicy.Parse(altered).Encode());
                }
                catch (MalformedException)
                {
                    // Refused.
                }
            }
        }
    }

    [Fact]
    public void Parse_OfEveryPrefix_IsRefused()
    {
        var bytes = SamplePolicies.Policy().Encode();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<MalformedException>(() => TrustPolicy.Parse(bytes.AsSpan(0, length)));
        Assert.Throws<MalformedException>(() => TrustPolicy.Parse([.. bytes, (byte)'\n']));
    }

    [Fact]
    public void Parse_OfOtherJsonOfTheSame_IsRefused()
    {
        foreach (var (from, to) in new[] { ("\": \"", "\":\""), ("[\"*\", \"TBob\"]", "[\"*\",\"TBob\"]"), ("\"version\": 1", "\"version\": 1.0"), ("ü", "\\u00fc"), ("lucid.policy/1", "lucid.policy/2"), ("aaaa", "AAAA") })
            Assert.Throws<MalformedException>(() => TrustPolicy.Parse(Encoding.UTF8.GetBytes(Text.Replace(from, to, StringComparison.Ordinal))));
    }

    [Fact]
    public void Encode_OfWhatIsNotAllowed_SaysWhatAndWhere()
    {
        var host = SamplePolicies.Rule("nodes", PolicyAct.Host, PolicyAction.Allow);
        var play = SamplePolicies.Rule("watch", PolicyAct.Play, PolicyAction.Allow);
        Refused("version", SamplePolicies.Policy() with { Version = 0 });
        Refused("version", SamplePolicies.Policy() with { Version = TrustPolicy.MaxVersions + 1 });
        Refused("previous", SamplePolicies.Policy() with { Version = 1 });
        Refused("name", SamplePolicies.Policy() with { Name = "" });
        Refused("name", SamplePolicies.Policy() with { Name = new string('x', 256) });
        Refused("description", SamplePolicies.Policy() with { Description = "two\nlines" });
        Refused("created_at", SamplePolicies.Policy() with { CreatedAt = SamplePolicies.Noon.AddTicks(1) });
        Refused("scope: applies_to: each user once", SamplePolicies.Policy() with { Scope = new PolicyScope(["a", "a"], []) });
        Refused("each id once", SamplePolicies.Policy(host, host));
        Refused("id", SamplePolicies.Policy(host with { Id = "No Name" }));
        Refused("parameters", SamplePolicies.Policy(host with { Parameters = new PolicyApproval() }));
        Refused("parameters", SamplePolicies.Policy(play with { Action = PolicyAction.RequireApproval }));
        Refused("approval_seconds", SamplePolicies.Policy(play with { Action = PolicyAction.RequireApproval, Parameters = new PolicyApproval(29) }));
        Refused("a node cannot wait", SamplePolicies.Policy(host with { Action = PolicyAction.RequireApproval, Parameters = new PolicyApproval() }));
        Refused("acts: at least one", SamplePolicies.Policy(play with { Condition = new PolicyCondition { Acts = [] } }));
        Refused("host belongs to rules of type node", SamplePolicies.Policy(play with { Condition = new PolicyCondition { Acts = [PolicyAct.Host] } }));
        Refused("acts: each element once", SamplePolicies.Policy(play with { Condition = new PolicyCondition { Acts = [PolicyAct.Play, PolicyAct.Play] } }));
        Refused("roles: 'super_admin'", SamplePolicies.Policy(play with { Condition = play.Condition with { Roles = ["super_admin"] } }));
        Refused("subjects and roles", SamplePolicies.Policy(host with { Condition = host.Condition with { Roles = ["admin"] } }));
        Refused("recorders belong", SamplePolicies.Policy(play with { Condition = play.Condition with { Recorders = ["pi-1"] } }));
        Refused("recorders: 'Pi 1'", SamplePolicies.Policy(host with { Condition = host.Condition with { Recorders = ["Pi 1"] } }));
        Refused("tracks: numbers", SamplePolicies.Policy(play with { Condition = play.Condition with { Tracks = [256] } }));
        Refused("tracks and max_bytes belong", SamplePolicies.Policy(host with { Condition = host.Condition with { Tracks = [0] } }));
        Refused("max_bytes: a denial", SamplePolicies.Policy(play with { Action = PolicyAction.Deny, Condition = play.Condition with { MaxBytes = 1 } }));
        Refused("max_bytes: 0 to", SamplePolicies.Policy(play with { Condition = play.Condition with { MaxBytes = -1 } }));
        Refused("not_after is not after", SamplePolicies.Policy(play with { Condition = play.Condition with { NotBefore = SamplePolicies.Noon, NotAfter = SamplePolicies.Noon } }));
        Refused("subjects: at most 100", SamplePolicies.Policy(play with { Condition = play.Condition with { Subjects = [.. Enumerable.Range(0, 101).Select(i => $"T{i}")] } }));
        Refused("at most 100", SamplePolicies.Policy([.. Enumerable.Range(0, 101).Select(i => host with { Id = $"r{i}" })]));
        Refused("at most 32768", SamplePolicies.Policy([.. Enumerable.Range(0, 100).Select(i => play with { Id = $"r{i}", Condition = play.Condition with { Subjects = [new string('x', 256)] } })]));
    }

    [Fact]
    public void Words_AreEachOfOneType_AndReadBack()
    {
        foreach (var act in Enum.GetValues<PolicyAct>())
        {
            Assert.True(Enum.IsDefined(PolicyWords.TypeOf(act)));
            Assert.Equal(act, EnumWords.Read<PolicyAct>(EnumWords.Of(act)));
        }
        Assert.Equal(("take_key", "require_approval"), (EnumWords.Of(PolicyAct.TakeKey), EnumWords.Of(PolicyAction.RequireApproval)));
        Assert.Null(EnumWords.Read<PolicyAct>("Play"));
    }

    [Fact]
    public void Scope_CoversTheOwnerAndWhomItNames_ButNobodyExcluded()
    {
        Assert.True(PolicyScope.Own.Covers("a", "a"));
        Assert.False(PolicyScope.Own.Covers("a", "b"));
        Assert.True(new PolicyScope(["b"], []).Covers("a", "b"));
        Assert.True(new PolicyScope(["*"], ["c"]).Covers("a", "b"));
        Assert.False(new PolicyScope(["*", "c"], ["c"]).Covers("a", "c"));
        Assert.False(new PolicyScope(["*"], ["a"]).Covers("a", "a"));
    }

    private static void Refused(string why, TrustPolicy policy) =>
        Assert.Contains(why, Assert.Throws<InvalidOperationException>(policy.Encode).Message, StringComparison.Ordinal);
}
