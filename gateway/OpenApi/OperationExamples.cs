using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Lucid.Gateway.OpenApi;

/// <summary>
/// The examples of the document: what is sent to each operation, and what a node answered to it. A test sends all of them to a node, with ids of things
/// that are there instead of those of the examples, and with LUCID_UPDATE_SNAPSHOTS=1 writes down what is answered where an example has no answer of that shape.
/// </summary>
internal static class OperationExamples
{
    private static readonly JsonObject _all = Read();

    /// <param name="name">Method and path, such as GET /health.</param>
    public static void AddTo(OpenApiOperation operation, string name)
    {
        if (_all["operations"]![name] is not JsonObject example)
            return;
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Path))
            parameter.Example = (example["parameters"]?[parameter.Name!] ?? _all["parameters"]![parameter.Name!])?.DeepClone();
        Show(operation.RequestBody?.Content?.Values, example["request"]);
        Show(operation.Responses?.GetValueOrDefault($"{example["status"]}")?.Content?.Values, example["answer"]);
    }

    private static void Show(IEnumerable<OpenApiMediaType>? content, JsonNode? example)
    {
        foreach (var type in content ?? [])
            type.Example = example?.DeepClone();
    }

    private static JsonObject Read()
    {
        using var file = typeof(OperationExamples).Assembly.GetManifestResourceStream("Lucid.Gateway.OpenApi.examples.json") ??
            throw new InvalidOperationException("The examples are not built into the gateway.");
        return JsonNode.Parse(file)!.AsObject();
    }
}
