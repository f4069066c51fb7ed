using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Policies;

/// <summary>
/// The text of a policy. Written by hand for the same reason as a manifest's: what was valid must stay valid under every later version of the
/// libraries.
/// </summary>
internal static class PolicyJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static byte[] Write(TrustPolicy policy)
    {
        var text = new StringBuilder(2048);
        text.Append("{\n");
        Field(text, 1, "format", Quoted(TrustPolicy.Format));
        Field(text, 1, "network", Quoted(policy.Network.ToString()));
        Field(text, 1, "policy", Quoted(policy.Policy.ToString("D")));
        Field(text, 1, "owner", Quoted(policy.Owner));
        Field(text, 1, "version", Number(policy.Version));
        Field(text, 1, "previous", Quoted(policy.Previous.ToString()));
        Field(text, 1, "created_at", Quoted(Time(policy.CreatedAt)));
        Field(text, 1, "name", Quoted(policy.Name));
        Field(text, 1, "description", Quoted(policy.Description));
        text.Append("  \"scope\": {\n");
        Field(text, 2, "applies_to", List(policy.Scope.AppliesTo, Quoted));
        Field(text, 2, "excluded", List(policy.Scope.Excluded, Quoted), last: true);
        text.Append("  },\n  \"rules\": [\n");
        for (var i = 0; i < policy.Rules.Length; i++)
            WriteRule(text, policy.Rules[i], last: i == policy.Rules.Length - 1);
        return Encoding.UTF8.GetBytes(text.Append("  ]\n}\n").ToString());
    }

    public static TrustPolicy Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var fields = new FieldReader(bytes);
            var policy = ReadFields(ref fields);
            fields.End();
            return policy;
        }
        catch (JsonException problem)
        {
            throw new MalformedException("policy", $"not JSON: {problem.Message}");
        }
        catch (InvalidOperationException)
        {
            // What Utf8JsonReader throws for a string that is no Unicode text.
            throw new MalformedException("policy", "a string is not valid UTF-8");
        }
    }

    private static void WriteRule(StringBuilder text, PolicyRule rule, bool last)
    {
        text.Append("    {\n");
        Field(text, 3, "id", Quoted(rule.Id));
        Field(text, 3, "type", Quoted(PolicyWords.Of(rule.Type)));
        text.Append("      \"condition\": {\n");
        var condition = rule.Condition;
        Field(text, 4, "acts", List(condition.Acts, act => Quoted(PolicyWords.Of(act))));
        Field(text, 4, "subjects", List(condition.Subjects, Quoted));
        Field(text, 4, "roles", List(condition.Roles, Quoted));
        Field(text, 4, "recorders", List(condition.Recorders, Quoted));
        Field(text, 4, "tracks", List(condition.Tracks, track => Number(track)));
        Field(text, 4, "max_bytes", condition.MaxBytes is { } most ? Number(most) : "null");
        Field(text, 4, "not_before", condition.NotBefore is { } from ? Quoted(Time(from)) : "null");
        Field(text, 4, "not_after", condition.NotAfter is { } to ? Quoted(Time(to)) : "null", last: true);
        text.Append("      },\n");
        Field(text, 3, "action", Quoted(PolicyWords.Of(rule.Action)));
        if (rule.Parameters is { } parameters)
        {
            text.Append("      \"parameters\": {\n");
            Field(text, 4, "approval_seconds", Number(parameters.ApprovalSeconds));
            Field(text, 4, "grant_seconds", Number(parameters.GrantSeconds), last: true);
            text.Append("      }\n");
        }
        else
        {
            Field(text, 3, "parameters", "null", last: true);
        }
        text.Append(last ? "    }\n" : "    },\n");
    }

    private static TrustPolicy ReadFields(ref FieldReader fields)
    {
        fields.Expect(JsonTokenType.StartObject);
        if (fields.Text("format") != TrustPolicy.Format)
            throw new MalformedException("policy", $"format is not '{TrustPolicy.Format}'");
        var (network, id, owner) = (fields.Hash("network"), fields.Id("policy"), fields.Text("owner"));
        var (version, previous, created) = (fields.Small("version"), fields.Hash("previous"), fields.Time("created_at"));
        var (name, description) = (fields.Text("name"), fields.Text("description"));
        fields.Open("scope", JsonTokenType.StartObject);
        var scope = new PolicyScope(fields.Texts("applies_to"), fields.Texts("excluded"));
        fields.Expect(JsonTokenType.EndObject);
        var rules = ReadRules(ref fields);
        fields.Expect(JsonTokenType.EndObject);
        return new TrustPolicy
        {
            Network = network,
            Policy = id,
            Owner = owner,
            Version = version,
            Previous = previous,
            CreatedAt = created,
            Name = name,
            Description = description,
            Scope = scope,
            Rules = rules,
        };
    }

    private static ImmutableArray<PolicyRule> ReadRules(ref FieldReader fields)
    {
        fields.Open("rules", JsonTokenType.StartArray);
        var rules = ImmutableArray.CreateBuilder<PolicyRule>();
        while (fields.Opens(JsonTokenType.StartObject))
        {
            if (rules.Count == TrustPolicy.MaxRules)
                throw new MalformedException("policy", $"rules: more than {TrustPolicy.MaxRules}");
            var (id, type) = (fields.Text("id"), fields.Word<PolicyRuleType>("type"));
            fields.Open("condition", JsonTokenType.StartObject);
            var condition = new PolicyCondition
            {
                Acts = fields.Words<PolicyAct>("acts"),
                Subjects = fields.Texts("subjects"),
                Roles = fields.Texts("roles"),
                Recorders = fields.Texts("recorders"),
                Tracks = fields.Smalls("tracks"),
                MaxBytes = fields.NumberOrNull("max_bytes"),
                NotBefore = fields.TimeOrNull("not_before"),
                NotAfter = fields.TimeOrNull("not_after"),
            };
            fields.Expect(JsonTokenType.EndObject);
            var action = fields.Word<PolicyAction>("action");
            PolicyApproval? parameters = null;
            if (fields.OpensOrNull("parameters"))
            {
                parameters = new PolicyApproval(fields.Small("approval_seconds"), fields.Small("grant_seconds"));
                fields.Expect(JsonTokenType.EndObject);
            }
            fields.Expect(JsonTokenType.EndObject);
            rules.Add(new PolicyRule { Id = id, Type = type, Condition = condition, Action = action, Parameters = parameters });
        }
        return rules.ToImmutable();
    }

    private static void Field(StringBuilder text, int depth, string name, string value, bool last = false) =>
        text.Append(' ', 2 * depth).Append('"').Append(name).Append("\": ").Append(value).Append(last ? "\n" : ",\n");

    private static string List<T>(ImmutableArray<T> list, Func<T, string> one) => $"[{string.Join(", ", list.Select(one))}]";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static string Quoted(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var character in value)
        {
            if (character is '"' or '\\')
                text.Append('\\');
            text.Append(character);
        }
        return text.Append('"').ToString();
    }

    /// <summary>Reads the fields in their one order; white space is left to the comparison with what would be written.</summary>
    private ref struct FieldReader(ReadOnlySpan<byte> bytes)
    {
        private Utf8JsonReader _json = new(bytes);

        public void Open(string name, JsonTokenType start)
        {
            Name(name);
            Expect(start, name);
        }

        /// <summary>Whether another element that begins so follows in an array; else the array's end is read.</summary>
        public bool Opens(JsonTokenType start)
        {
            _json.Read();
            if (_json.TokenType == start)
                return true;
            return _json.TokenType == JsonTokenType.EndArray ? false : throw Refuse($"{start} or the list's end", "");
        }

        /// <summary>Whether an object is there; else null is.</summary>
        public bool OpensOrNull(string name)
        {
            Name(name);
            _json.Read();
            return _json.TokenType switch
            {
                JsonTokenType.StartObject => true,
                JsonTokenType.Null => false,
                _ => throw Refuse("an object or null", name),
            };
        }

        public void End()
        {
            if (_json.Read())
                throw Refuse("the end", "");
        }

        public string Text(string name)
        {
            Name(name);
            Expect(JsonTokenType.String, name);
            return _json.GetString()!;
        }

        public ImmutableArray<string> Texts(string name)
        {
            Open(name, JsonTokenType.StartArray);
            var texts = ImmutableArray.CreateBuilder<string>();
            while (Opens(JsonTokenType.String))
            {
                RefuseMany(texts.Count, name);
                texts.Add(_json.GetString()!);
            }
            return texts.ToImmutable();
        }

        public ImmutableArray<int> Smalls(string name)
        {
            Open(name, JsonTokenType.StartArray);
            var numbers = ImmutableArray.CreateBuilder<int>();
            while (Opens(JsonTokenType.Number))
            {
                RefuseMany(numbers.Count, name);
                numbers.Add(_json.TryGetInt32(out var value) ? value : throw Refuse("small whole numbers", name));
            }
            return numbers.ToImmutable();
        }

        public ImmutableArray<T> Words<T>(string name) where T : struct, Enum
        {
            Open(name, JsonTokenType.StartArray);
            var words = ImmutableArray.CreateBuilder<T>();
            while (Opens(JsonTokenType.String))
            {
                RefuseMany(words.Count, name);
                words.Add(WordOf<T>(name));
            }
            return words.ToImmutable();
        }

        public T Word<T>(string name) where T : struct, Enum
        {
            Name(name);
            Expect(JsonTokenType.String, name);
            return WordOf<T>(name);
        }

        public Hash256 Hash(string name) =>
            Hash256.TryParse(Text(name), out var hash) ? hash : throw Refuse("64 lower-case hexadecimal digits", name);

        public Guid Id(string name) => Guid.TryParseExact(Text(name), "D", out var id) ? id : throw Refuse("a lower-case UUID with hyphens", name);

        public int Small(string name)
        {
            Name(name);
            Expect(JsonTokenType.Number, name);
            return _json.TryGetInt32(out var value) ? value : throw Refuse("a small whole number", name);
        }

        public long? NumberOrNull(string name)
        {
            Name(name);
            _json.Read();
            if (_json.TokenType == JsonTokenType.Null)
                return null;
            return _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var value) && value is >= 0 and <= Manifest.MaxNumber
                ? value
                : throw Refuse($"a whole number from 0 to {Manifest.MaxNumber}, or null", name);
        }

        public DateTimeOffset Time(string name)
        {
            Name(name);
            Expect(JsonTokenType.String, name);
            return TimeOf(name);
        }

        public DateTimeOffset? TimeOrNull(string name)
        {
            Name(name);
            _json.Read();
            if (_json.TokenType == JsonTokenType.Null)
                return null;
            return _json.TokenType == JsonTokenType.String ? TimeOf(name) : throw Refuse("a time or null", name);
        }

        public void Expect(JsonTokenType type, string name = "")
        {
            _json.Read();
            if (_json.TokenType != type)
                throw Refuse($"{type}", name);
        }

        private readonly DateTimeOffset TimeOf(string name) =>
            DateTimeOffset.TryParseExact(_json.GetString(), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : throw Refuse("a time like 2026-01-31T12:00:00.000Z", name);

        private readonly T WordOf<T>(string name) where T : struct, Enum =>
            PolicyWords.Read<T>(_json.GetString()!) ?? throw Refuse($"one of {string.Join(", ", Enum.GetValues<T>().Select(PolicyWords.Of))}", name);

        private readonly void RefuseMany(int count, string name)
        {
            if (count == PolicyCondition.MaxElements)
                throw Refuse($"at most {PolicyCondition.MaxElements} elements", name);
        }

        private void Name(string name)
        {
            _json.Read();
            if (_json.TokenType != JsonTokenType.PropertyName || !_json.ValueTextEquals(name))
                throw Refuse($"the field '{name}'", "");
        }

        private readonly MalformedException Refuse(string expected, string name) =>
            new("policy", $"{(name.Length > 0 ? $"field '{name}', " : "")}byte {_json.TokenStartIndex}: expected {expected}");
    }
}
