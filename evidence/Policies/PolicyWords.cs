using System.Collections.Immutable;

namespace Lucid.Evidence.Policies;

/// <summary>The words that a policy's rules know.</summary>
public static class PolicyWords
{
    /// <summary>The roles that a rule can name. Whoever is more than these stands above policies, as above ownership.</summary>
    public static ImmutableArray<string> Roles { get; } = ["user", "node_operator", "admin"];

    /// <summary>The type of the rules that an act belongs to.</summary>
    public static PolicyRuleType TypeOf(PolicyAct act) => act switch
    {
        PolicyAct.View or PolicyAct.Record or PolicyAct.Share => PolicyRuleType.Access,
        PolicyAct.Play or PolicyAct.TakeKey => PolicyRuleType.Data,
        PolicyAct.Host => PolicyRuleType.Node,
        PolicyAct.Erase => PolicyRuleType.Transaction,
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "No such act."),
    };
}
