using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Canonical;
using static Lucid.Evidence.Canonical.CanonicalJson;

namespace Lucid.Evidence.Policies;

/// <summary>The text of a policy.</summary>
internal static class PolicyJson
{
    public static byte[] Write(TrustPolicy policy)
    {
        var text = new StringBuilder(2048);
        text.Append("{\n");
        text.Field(1, "format", Quoted(TrustPolicy.Format));
        text.Field(1, "network", Quoted(policy.Network.ToString()));
        text.Field(1, "policy", Quoted(policy.Policy.ToString("D")));
        text.Field(1, "owner", Quoted(policy.Owner));
        text.Field(1, "version", Number(policy.Version));
        text.Field(1, "previous", Quoted(policy.Previous.ToString()));
        text.Field(1, "created_at", Time(policy.CreatedAt));
        text.Field(1, "name", Quoted(policy.Name));
        text.Field(1, "description", Quoted(policy.Description));
        text.Append("  \"scope\": {\n");
        text.Field(2, "applies_to", List(policy.Scope.AppliesTo, Quoted));
        text.Field(2, "excluded", List(policy.Scope.Excluded, Quoted), last: true);
        text.Append("  },\n  \"rules\": [\n");
        for (var i = 0; i < policy.Rules.Length; i++)
            WriteRule(text, policy.Rules[i], last: i == policy.Rules.Length - 1);
        return Encoding.UTF8.GetBytes(text.Append("  ]\n}\n").ToString());
    }

    public static TrustPolicy Read(ReadOnlySpan<byte> bytes) => FieldReader.ReadAll("policy", bytes, ReadFields);

    private static void WriteRule(StringBuilder text, PolicyRule rule, bool last)
    {
        text.Append("    {\n");
        text.Field(3, "id", Quoted(rule.Id));
        text.Field(3, "type", Quoted(EnumWords.Of(rule.Type)));
        text.Append("      \"condition\": {\n");
        var condition = rule.Condition;
        text.Field(4, "acts", List(condition.Acts, act => Quoted(EnumWords.Of(act))));
        text.Field(4, "subjects", List(condition.Subjects, Quoted));
        text.Field(4, "roles", List(condition.Roles, Quoted));
        text.Field(4, "recorders", List(condition.Recorders, Quoted));
        text.Field(4, "tracks", List(condition.Tracks, track => Number(track)));
        text.Field(4, "max_bytes", condition.MaxBytes is { } most ? Number(most) : "null");
        text.Field(4, "not_before", condition.NotBefore is { } from ? Time(from) : "null");
        text.Field(4, "not_after", condition.NotAfter is { } to ? Time(to) : "null", last: true);
        text.Append("      },\n");
        text.Field(3, "action", Quoted(EnumWords.Of(rule.Action)));
        if (rule.Parameters is { } parameters)
        {
            text.Append("      \"parameters\": {\n");
            text.Field(4, "approval_seconds", Number(parameters.ApprovalSeconds));
            text.Field(4, "grant_seconds", Number(parameters.GrantSeconds), last: true);
            text.Append("      }\n");
        }
        else
        {
            text.Field(3, "parameters", "null", last: true);
        }
        text.Append(last ? "    }\n" : "    },\n");
    }

    private static TrustPolicy ReadFields(ref FieldReader fields)
    {
        if (fields.Text("format") != TrustPolicy.Format)
            throw new MalformedException("policy", $"format is not '{TrustPolicy.Format}'");
        // In the order of the text, which is the order that an initialiser runs in.
        return new TrustPolicy
        {
            Network = fields.Hash("network"),
            Policy = fields.Id("policy"),
            Owner = fields.Text("owner"),
            Version = fields.Small("version"),
            Previous = fields.Hash("previous"),
            CreatedAt = fields.Time("created_at"),
            Name = fields.Text("name"),
            Description = fields.Text("description"),
            Scope = fields.Object("scope", ReadScope),
            Rules = fields.Objects("rules", TrustPolicy.MaxRules, ReadRule),
        };
    }

    private static PolicyScope ReadScope(ref FieldReader fields) =>
        new(fields.Texts("applies_to", PolicyCondition.MaxElements), fields.Texts("excluded", PolicyCondition.MaxElements));

    private static PolicyRule ReadRule(ref FieldReader fields) => new()
    {
        Id = fields.Text("id"),
        Type = Word<PolicyRuleType>(ref fields, "type"),
        Condition = fields.Object("condition", ReadCondition),
        Action = Word<PolicyAction>(ref fields, "action"),
        Parameters = fields.ObjectOrNull("parameters", static (ref FieldReader fields) => new PolicyApproval(fields.Small("approval_seconds"), fields.Small("grant_seconds"))),
    };

    private static PolicyCondition ReadCondition(ref FieldReader fields) => new()
    {
        Acts = Words<PolicyAct>(ref fields, "acts"),
        Subjects = fields.Texts("subjects", PolicyCondition.MaxElements),
        Roles = fields.Texts("roles", PolicyCondition.MaxElements),
        Recorders = fields.Texts("recorders", PolicyCondition.MaxElements),
        Tracks = fields.Smalls("tracks", PolicyCondition.MaxElements),
        MaxBytes = fields.NumberOrNull("max_bytes"),
        NotBefore = fields.TimeOrNull("not_before"),
        NotAfter = fields.TimeOrNull("not_after"),
    };

    private static T Word<T>(ref FieldReader fields, string name) where T : struct, Enum => EnumWords.Read<T>(fields.Text(name)) ?? throw NoWord<T>(fields, name);

    private static ImmutableArray<T> Words<T>(ref FieldReader fields, string name) where T : struct, Enum
    {
        var words = ImmutableArray.CreateBuilder<T>();
        foreach (var word in fields.Texts(name, PolicyCondition.MaxElements))
            words.Add(EnumWords.Read<T>(word) ?? throw NoWord<T>(fields, name));
        return words.ToImmutable();
    }

    private static MalformedException NoWord<T>(FieldReader fields, string name) where T : struct, Enum =>
        fields.Refuse($"one of {string.Join(", ", EnumWords.All<T>())}", name);
}
