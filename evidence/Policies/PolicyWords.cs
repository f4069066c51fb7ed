using System.Collections.Immutable;
using System.Text.Json;

namespace Lucid.Evidence.Policies;

/// <summary>How a policy writes its rules' types, actions and acts: their names in snake_case.</summary>
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

    /// <summary>The word for a value of one of a policy's enumerations.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The value that a word stands for; null where it is no word for one.</summary>
    public static T? Read<T>(string word) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(Of(value), word, StringComparison.Ordinal))
                return value;
        }
        return null;
    }
}
