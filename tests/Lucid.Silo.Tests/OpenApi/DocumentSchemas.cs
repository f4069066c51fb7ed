using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>Holds JSON against the schemas of an OpenAPI document: as much of JSON Schema as ours use.</summary>
internal sealed class DocumentSchemas(JsonNode document)
{
    /// <summary>What of a value is not as its schema says; each with its place.</summary>
    public IEnumerable<string> FindFaults(JsonNode? schema, JsonNode? value, string place)
    {
        if (schema is not JsonObject given)
            return [];
        if ((string?)given["$ref"] is { } reference)
            return FindFaults(reference[2..].Split('/').Aggregate(document, (node, part) => node[part]!), value, place);
        if (given["oneOf"] is JsonArray choices)
            return choices.Any(choice => !FindFaults(choice, value, place).Any()) ? [] : [$"{place} is none of what it may be"];
        if (given["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
            return [$"{place} is {value}, which is not among what it may be"];
        var kinds = given["type"] is JsonArray several ? [.. several.Select(one => (string?)one)] : new[] { (string?)given["type"] };
        if (kinds is not [null] && !kinds.Any(kind => Is(kind, value)))
            return [$"{place} is not of the type {string.Join(" or ", kinds)}"];
        return value switch
        {
            JsonArray items => items.SelectMany((item, i) => FindFaults(given["items"], item, $"{place}[{i}]")),
            JsonObject members => FindMemberFaults(given, members, place),
            _ => [],
        };
    }

    private IEnumerable<string> FindMemberFaults(JsonObject schema, JsonObject value, string place)
    {
        var known = schema["properties"] as JsonObject;
        var others = schema["additionalProperties"] as JsonObject;
        var missing = (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !value.ContainsKey(name)).Select(name => $"{place}.{name} is missing");
        return value.SelectMany(member => (known?[member.Key] ?? others) is { } inner ? FindFaults(inner, member.Value, $"{place}.{member.Key}")
            : known is null ? [] : [$"{place}.{member.Key} is not in the document"]).Concat(missing);
    }

    private static bool Is(string? kind, JsonNode? value) => kind switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() is JsonValueKind.String,
        "integer" => value?.GetValueKind() is JsonValueKind.Number && !value.ToJsonString().Contains('.', StringComparison.Ordinal),
        "number" => value?.GetValueKind() is JsonValueKind.Number,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        _ => value is null,
    };
}
