using System.Text;
using System.Text.Json.Nodes;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>One operation of the document, and the request that its examples are.</summary>
/// <param name="Name">Method and path, such as GET /health.</param>
internal sealed record DocumentedOperation(string Name, JsonNode Json)
{
    private string Method => Name.Split(' ')[0];

    public IEnumerable<JsonObject> Parameters => (Json["parameters"] as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>The example of a JSON body; null where none is sent.</summary>
    public JsonNode? Body => Json["requestBody"]?["content"]?["application/json"]?["example"];

    /// <summary>Whether everybody may call it.</summary>
    public bool IsOpen => Json["security"] is null;

    public static IReadOnlyList<DocumentedOperation> AllOf(JsonNode document) =>
        [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(one => new DocumentedOperation($"{one.Key.ToUpperInvariant()} {path.Key}", one.Value!)))];

    public string ParameterExample(string name) => (string)Parameters.Single(one => (string?)one["name"] == name)["example"]!;

    /// <param name="instead">Texts of the examples, and what is sent for them.</param>
    /// <param name="query">What is asked for besides.</param>
    public HttpRequestMessage RequestOf((string, string)[] instead, string query = "")
    {
        var path = Name.Split(' ')[1];
        var request = new HttpRequestMessage { Method = new HttpMethod(Method) };
        foreach (var parameter in Parameters)
        {
            var name = (string)parameter["name"]!;
            var example = (string?)(parameter["example"] ?? parameter["schema"]!["examples"]?[0]);
            Assert.True(example is not null || (string?)parameter["in"] == "query", $"{Name}: {name} has no example");
            if ((string?)parameter["in"] == "path")
                path = path.Replace($"{{{name}}}", (string?)Replace(example, instead), StringComparison.Ordinal);
            else if ((bool?)parameter["required"] == true)
                request.Headers.Add(name, example);
        }
        request.RequestUri = new Uri(path + query, UriKind.Relative);
        foreach (var (type, content) in Json["requestBody"]?["content"] as JsonObject ?? [])
        {
            var example = content!["example"] ?? throw new InvalidOperationException($"{Name} has no example of what is sent.");
            request.Content = type == "application/json"
                ? new StringContent(Replace(example, instead)!.ToJsonString(), Encoding.UTF8, type)
                : new ByteArrayContent(Encoding.UTF8.GetBytes((string)example!));
        }
        return request;
    }

    /// <summary>The same, with other texts for some.</summary>
    public static JsonNode? Replace(JsonNode? node, (string From, string To)[] texts) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Replace(member.Value, texts)))),
        JsonArray items => new JsonArray([.. items.Select(item => Replace(item, texts))]),
        JsonValue value when value.TryGetValue<string>(out var text) => texts.Aggregate(text, (so, one) => so.Replace(one.From, one.To, StringComparison.Ordinal)),
        _ => node?.DeepClone(),
    };
}
