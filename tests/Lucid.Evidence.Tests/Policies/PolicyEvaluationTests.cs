using System.Collections.Immutable;
using System.Security.Cryptography;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Policies;

public sealed class PolicyEvaluationTests
{
    private const int Cases = 20_000;
    private static readonly string[] _people = ["TAda", "TBob", "TEva"];
    private static readonly string[] _nodes = ["pi-1", "pi-2"];

    [Fact]
    public void Denial_BeatsApproval_WhichBeatsAllowance_AndSilenceDenies()
    {
        var allow = SamplePolicies.Rule("c", PolicyAct.Play, PolicyAction.Allow);
        var ask = SamplePolicies.Rule("b", PolicyAct.Play, PolicyAction.RequireApproval);
        var deny = SamplePolicies.Rule("a", PolicyAct.Play, PolicyAction.Deny);
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Deny, null), Ask([]));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Allow, "c"), Ask([allow]));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.NeedsApproval, "b"), Ask([allow, ask]));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Deny, "a"), Ask([allow, ask, deny]));
        // Of several that decide the first by its id is named, wherever it stands.
        Assert.Equal("b", Ask([allow, allow with { Id = "d" }, allow with { Id = "b" }]).Rule);

        static PolicyVerdict Ask(PolicyRule[] rules) =>
            PolicyEvaluation.Evaluate(SamplePolicies.Policy() with { Rules = [.. rules] }, new PolicyRequest { Act = PolicyAct.Play, Subject = "TAda", At = SamplePolicies.Noon });
    }

    [Fact]
    public void Conditions_HaveAllToBeMet()
    {
        var noon = SamplePolicies.Noon;
        var rule = SamplePolicies.Rule("r", PolicyAct.Play, PolicyAction.Allow, condition => condition with
        {
            Subjects = ["TAda", "@owner"],
            Roles = ["user"],
            Tracks = [0, 1],
            MaxBytes = 100,
            NotBefore = noon,
            NotAfter = noon.AddHours(1),
        });
        var request = new PolicyRequest { Act = PolicyAct.Play, Subject = "TAda", Role = "user", Tracks = [0], Bytes = 100, At = noon };
        Assert.True(PolicyEvaluation.Matches(rule, request));
        Assert.True(PolicyEvaluation.Matches(rule, request with { Subject = "TBob", OwnsSession = true }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { Subject = "TBob" }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { Act = PolicyAct.TakeKey }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { Role = "admin" }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { Tracks = [0, 2] }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { Bytes = 101 }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { At = noon.AddTicks(-1) }));
        Assert.False(PolicyEvaluation.Matches(rule, request with { At = noon.AddHours(1) }));
        Assert.True(PolicyEvaluation.Matches(rule, request with { At = noon.AddHours(1).AddTicks(-1) }));
        // A track that nobody may have is denied together with others as well.
        var deny = rule with { Action = PolicyAction.Deny, Condition = rule.Condition with { Tracks = [1], MaxBytes = null } };
        Assert.True(PolicyEvaluation.Matches(deny, request with { Tracks = [0, 1] }));
        Assert.False(PolicyEvaluation.Matches(deny, request with { Tracks = [0, 2] }));
        var host = SamplePolicies.Rule("h", PolicyAct.Host, PolicyAction.Allow, condition => condition with { Recorders = ["pi-1"] });
        Assert.True(PolicyEvaluation.Matches(host, new PolicyRequest { Act = PolicyAct.Host, Recorder = "pi-1", At = noon }));
        Assert.False(PolicyEvaluation.Matches(host, new PolicyRequest { Act = PolicyAct.Host, Recorder = "pi-2", At = noon }));
    }

    [Fact]
    public void ApprovalForOneTrack_IsNeededForMoreTracksAsWell()
    {
        var ask = SamplePolicies.Rule("ask", PolicyAct.TakeKey, PolicyAction.RequireApproval, condition => condition with { Tracks = [1] });
        var policy = SamplePolicies.Policy() with { Rules = [ask, SamplePolicies.Rule("free", PolicyAct.TakeKey, PolicyAction.Allow)] };
        Assert.Equal(new PolicyVerdict(PolicyOutcome.NeedsApproval, "ask"), Ask([0, 1]));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.NeedsApproval, "ask"), Ask([1]));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Allow, "free"), Ask([0]));

        PolicyVerdict Ask(ImmutableArray<int> tracks) =>
            PolicyEvaluation.Evaluate(policy, new PolicyRequest { Act = PolicyAct.TakeKey, Subject = "TAda", Tracks = tracks, At = SamplePolicies.Noon });
    }

    [Fact]
    public void KeyOfBoundedSize_IsNotGivenBeforeTheSizeIsFinal()
    {
        var bounded = SamplePolicies.Rule("bounded", PolicyAct.TakeKey, PolicyAction.Allow, condition => condition with { MaxBytes = 100 });
        var ask = bounded with { Id = "ask", Action = PolicyAction.RequireApproval, Parameters = new PolicyApproval() };
        var free = SamplePolicies.Rule("free", PolicyAct.TakeKey, PolicyAction.Allow);
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Deny, null), Ask(0, true, bounded));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Allow, "bounded"), Ask(100, false, bounded));
        // Nor is a need of approval got around by coming early.
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Deny, "ask"), Ask(0, true, ask, free));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.NeedsApproval, "ask"), Ask(100, false, ask, free));
        Assert.Equal(new PolicyVerdict(PolicyOutcome.Allow, "free"), Ask(101, true, ask, free));

        static PolicyVerdict Ask(long bytes, bool stillRecords, params PolicyRule[] rules) => PolicyEvaluation.Evaluate(
            SamplePolicies.Policy() with { Rules = [.. rules] },
            new PolicyRequest { Act = PolicyAct.TakeKey, Subject = "TAda", Bytes = bytes, StillRecords = stillRecords, At = SamplePolicies.Noon });
    }

    [Fact]
    public void AnyPolicy_ThatGivesTheKeyOfWhatStillRecords_GivesItWhateverBecomesOfThat() => ForAny((policy, request, chance) =>
    {
        request = request with { Act = PolicyAct.TakeKey, StillRecords = true };
        if (PolicyEvaluation.Evaluate(policy, request).Outcome == PolicyOutcome.Allow)
            Assert.Equal(PolicyOutcome.Allow, PolicyEvaluation.Evaluate(policy, request with { Bytes = request.Bytes + chance.Next(100), StillRecords = false }).Outcome);
    });

    [Fact]
    public void AnyPolicy_WhereMoreTracksAreWanted_LetsNobodyInMoreEasily() => ForAny((policy, request, _) =>
    {
        if (PolicyEvaluation.Evaluate(policy, request with { Tracks = [0, 1, 2] }).Outcome != PolicyOutcome.Allow)
            return;
        foreach (var track in request.Tracks)
            Assert.Equal(PolicyOutcome.Allow, PolicyEvaluation.Evaluate(policy, request with { Tracks = [track] }).Outcome);
    });

    [Fact]
    public void AnyPolicy_WithOneRuleMore_ChangesOnlyTheWayThatTheRuleSays() => ForAny((policy, request, chance) =>
    {
        var before = PolicyEvaluation.Evaluate(policy, request).Outcome;
        PolicyOutcome With(PolicyAction action) =>
            PolicyEvaluation.Evaluate(policy with { Rules = policy.Rules.Add(AnyRule(chance, policy.Rules.Length, action)) }, request).Outcome;
        // A denial never widens access, an allowance never narrows it, and an approval never lets anybody in.
        Assert.True(With(PolicyAction.Deny) is var denied && (denied == before || denied == PolicyOutcome.Deny));
        Assert.True(With(PolicyAction.Allow) is var allowed && (allowed == before || (before == PolicyOutcome.Deny && allowed == PolicyOutcome.Allow)));
        Assert.True(With(PolicyAction.RequireApproval) is var asked && (asked == before || asked == PolicyOutcome.NeedsApproval || (asked == PolicyOutcome.Deny && request.StillRecords)));
    });

    [Fact]
    public void AnyPolicy_WithItsRulesInAnotherOrder_SaysTheSame() => ForAny((policy, request, chance) =>
    {
        var shuffled = policy.Rules.ToArray();
        chance.Shuffle(shuffled);
        Assert.Equal(PolicyEvaluation.Evaluate(policy, request), PolicyEvaluation.Evaluate(policy with { Rules = [.. shuffled] }, request));
    });

    [Fact]
    public void AnyPolicy_NamesARuleThatMatchesAndSaysSo() => ForAny((policy, request, _) =>
    {
        var verdict = PolicyEvaluation.Evaluate(policy, request);
        // A key may be denied because it would need an approval once the session is closed.
        if (request.StillRecords && verdict.Outcome == PolicyOutcome.Deny && policy.Rules.FirstOrDefault(rule => rule.Id == verdict.Rule) is { Action: PolicyAction.RequireApproval })
            request = request with { StillRecords = false };
        var matching = policy.Rules.Where(rule => PolicyEvaluation.Matches(rule, request)).ToList();
        if (verdict.Rule is null)
        {
            Assert.Empty(matching);
            Assert.Equal(PolicyOutcome.Deny, verdict.Outcome);
            return;
        }
        if (verdict.Outcome == PolicyOutcome.Deny && !matching.Any(rule => rule.Action == PolicyAction.Deny))
        {
            Assert.Equal(PolicyAction.RequireApproval, matching.Single(rule => rule.Id == verdict.Rule).Action);
            return;
        }
        var expected = matching.Any(rule => rule.Action == PolicyAction.Deny) ? PolicyAction.Deny
            : matching.Any(rule => rule.Action == PolicyAction.RequireApproval) ? PolicyAction.RequireApproval : PolicyAction.Allow;
        Assert.Equal(expected, matching.Single(rule => rule.Id == verdict.Rule).Action);
    });

    [Fact]
    public void AnyPolicy_WhoseBytesAreRead_SaysTheSame() => ForAny((policy, request, _) =>
        Assert.Equal(PolicyEvaluation.Evaluate(policy, request), PolicyEvaluation.Evaluate(TrustPolicy.Parse(policy.Encode()), request)), Cases / 10);

    /// <summary>Many policies and requests, from one seed: LUCID_SEED replays it.</summary>
    private static void ForAny(Action<TrustPolicy, PolicyRequest, Random> check, int cases = Cases)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("LUCID_SEED"), out var given) ? given : RandomNumberGenerator.GetInt32(int.MaxValue);
        var chance = new Random(seed);
        for (var i = 0; i < cases; i++)
        {
            var policy = SamplePolicies.Policy() with
            {
                Rules = [.. Enumerable.Range(0, chance.Next(6)).Select(place => AnyRule(chance, place, chance.GetItems(Enum.GetValues<PolicyAction>(), 1)[0]))],
            };
            try
            {
                Assert.Null(policy.FindFault());
                check(policy, AnyRequest(chance), chance);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"LUCID_SEED={seed}, case {i}", failure);
            }
        }
    }

    private static PolicyRule AnyRule(Random chance, int place, PolicyAction action)
    {
        var type = chance.GetItems(Enum.GetValues<PolicyRuleType>(), 1)[0];
        if (type == PolicyRuleType.Node && action == PolicyAction.RequireApproval)
            type = PolicyRuleType.Access;
        var acts = Enum.GetValues<PolicyAct>().Where(act => PolicyWords.TypeOf(act) == type).ToArray();
        var isNode = type == PolicyRuleType.Node;
        var isData = type == PolicyRuleType.Data;
        return new PolicyRule
        {
            // The ids' order is not the rules'.
            Id = $"r{chance.Next(1000)}-{place}",
            Type = type,
            Action = action,
            Parameters = action == PolicyAction.RequireApproval ? new PolicyApproval() : null,
            Condition = new PolicyCondition
            {
                Acts = Some(chance, acts, atLeast: 1),
                Subjects = isNode ? [] : Some(chance, [.. _people, PolicyCondition.SessionOwner]),
                Roles = isNode ? [] : Some(chance, [.. PolicyWords.Roles]),
                Recorders = isNode ? Some(chance, _nodes) : [],
                Tracks = isData ? Some(chance, [0, 1, 2]) : [],
                MaxBytes = isData && action != PolicyAction.Deny && chance.Next(3) == 0 ? chance.Next(100) : null,
                NotBefore = chance.Next(4) == 0 ? SamplePolicies.Noon.AddMinutes(chance.Next(60)) : null,
                NotAfter = chance.Next(4) == 0 ? SamplePolicies.Noon.AddMinutes(60 + chance.Next(60)) : null,
            },
        };
    }

    private static PolicyRequest AnyRequest(Random chance) => new()
    {
        Act = chance.GetItems(Enum.GetValues<PolicyAct>(), 1)[0],
        Subject = chance.GetItems(_people, 1)[0],
        Role = chance.GetItems([.. PolicyWords.Roles], 1)[0],
        OwnsSession = chance.Next(2) == 0,
        Recorder = chance.GetItems(_nodes, 1)[0],
        Tracks = Some(chance, [0, 1, 2], atLeast: 1),
        Bytes = chance.Next(100),
        StillRecords = chance.Next(2) == 0,
        At = SamplePolicies.Noon.AddMinutes(chance.Next(120)),
    };

    private static ImmutableArray<T> Some<T>(Random chance, T[] of, int atLeast = 0)
    {
        var shuffled = (T[])of.Clone();
        chance.Shuffle(shuffled);
        return [.. shuffled.Take(chance.Next(4) == 0 || atLeast > 0 ? chance.Next(atLeast, of.Length + 1) : 0)];
    }
}
