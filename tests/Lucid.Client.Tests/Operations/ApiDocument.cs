using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lucid.Client.Tests.Operations;

/// <summary>One operation of docs/openapi.json.</summary>
internal sealed record Operation(string Name, JsonObject Described)
{
    public string Method => Name.Split(' ')[0];

    public Regex Path => new("^" + Regex.Replace(Name.Split(' ')[1], @"\\?\{\w+\}", ".+", RegexOptions.NonBacktracking) + "$", RegexOptions.NonBacktracking);

    /// <summary>Names of parameters in query or header.</summary>
    public IEnumerable<string> Parameters(string where) =>
        (Described["parameters"] as JsonArray ?? []).Where(one => (string?)one!["in"] == where).Select(one => (string)one!["name"]!);

    public JsonNode? Body => Described["requestBody"]?["content"]?["application/json"]?["schema"];

    /// <summary>What it answers as JSON where all goes well; null for text and bytes, and for JSON whose exact bytes count.</summary>
    public JsonNode? Answer => Described["responses"]!.AsObject()
        .Where(one => one.Key[0] == '2').Select(one => one.Value!["content"]?["application/json"]?["schema"])
        .FirstOrDefault(schema => schema is not null && (string?)schema["$ref"] != "#/components/schemas/JsonElement");
}

/// <summary>docs/openapi.json, and values as its schemas have them.</summary>
internal static class ApiDocument
{
    private static readonly JsonNode _document = JsonNode.Parse(File.ReadAllText(Repository.File("docs/openapi.json")))!;

    public static IReadOnlyList<Operation> Operations { get; } =
        [.. from path in _document["paths"]!.AsObject() from one in path.Value!.AsObject() select new Operation($"{one.Key.ToUpperInvariant()} {path.Key}", one.Value!.AsObject())];

    /// <summary>The members of an object's schema.</summary>
    public static IEnumerable<string> Members(JsonNode schema) => Resolve(schema)["properties"]?.AsObject().Select(one => one.Key) ?? [];

    /// <summary>A value with every member that there may be.</summary>
    public static JsonNode? Sample(JsonNode? given)
    {
        if (given is null)
            return "text";
        var schema = Resolve(given);
        if (schema["enum"] is JsonArray words)
            return (string?)words.First(word => (string?)word != "none");
        var type = schema["type"] is JsonArray several ? (string?)several.First(one => (string?)one != "null") : (string?)schema["type"];
        return type switch
        {
            "object" when schema["properties"] is JsonObject members => new JsonObject(members.Select(one => KeyValuePair.Create(one.Key, Sample(one.Value)))),
            "object" => new JsonObject { ["key"] = Sample(schema["additionalProperties"]) },
            "array" => new JsonArray(Sample(schema["items"])),
            "integer" => 7,
            "number" => 1.5,
            "boolean" => true,
            _ => (string?)schema["format"] switch
            {
                "uuid" => "0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f",
                "date-time" => "2026-01-31T12:00:00+00:00",
                _ => "text",
            },
        };
    }

    private static JsonNode Resolve(JsonNode schema)
    {
        var one = schema["oneOf"] is JsonArray several ? several.First(each => (string?)each!["type"] != "null")! : schema;
        return (string?)one["$ref"] is { } name ? _document["components"]!["schemas"]![name.Split('/')[^1]]! : one;
    }
}
