using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>Sends what the document gives as examples, and holds what is answered against what it says. LUCID_UPDATE_SNAPSHOTS=1 writes down answers that have another shape.</summary>
public sealed class ExampleTests : IDisposable
{
    private static readonly string _file = Repository.File("gateway/OpenApi/examples.json");
    private static readonly bool _isUpdate = Environment.GetEnvironmentVariable("LUCID_UPDATE_SNAPSHOTS") == "1";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Example_OfEveryOperation_IsAnsweredAsTheDocumentSays()
    {
        await using var world = await ExampleWorld.StartAsync(_folder);
        var schemas = new DocumentSchemas(world.Document);
        var written = JsonNode.Parse(await File.ReadAllTextAsync(_file))!;
        List<string> faults = [];
        foreach (var operation in world.Operations)
            faults.AddRange((await SendAsync(operation, schemas, await world.PrepareAsync(operation.Name), written)).Select(fault => $"{operation.Name}: {fault}"));
        if (_isUpdate)
            await File.WriteAllTextAsync(_file, written.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
        Assert.True(world.Operations.Count > 80, $"Only {world.Operations.Count} operations are documented.");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static async Task<IEnumerable<string>> SendAsync(DocumentedOperation operation, DocumentSchemas schemas, SentExample sent, JsonNode written)
    {
        using var request = operation.RequestOf(sent.Instead);
        using var answer = await sent.By.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var status = $"{(int)answer.StatusCode}";
        if (operation.Json["responses"]![status] is not { } documented)
            return [$"{status} is not among the documented answers: {text}"];
        if (sent.Refusal is { } code)
            return text.Contains(code, StringComparison.Ordinal) && ((string)documented["description"]!).Contains(code, StringComparison.Ordinal) ? [] : [$"it should be refused with {code}, and is answered {status}: {text}"];
        if (!answer.IsSuccessStatusCode)
            return [$"{status} {text}"];
        if (answer.Content.Headers.ContentType?.MediaType is not { } type || text.Length == 0)
            return documented["content"] is null ? [] : [$"{status} has no body, and should have one"];
        if (documented["content"]?[type] is not { } content)
            return [$"{status} is documented without {type}"];
        var example = content["example"];
        if (type != "application/json")
        {
            if (type == "text/plain" && example is null)
                Note(written, operation.Name, text.Length > 600 ? text[..600] + "…" : text, sent);
            return [];
        }
        var got = JsonNode.Parse(text);
        var differs = NamesOf(got) != NamesOf(example) || schemas.FindFaults(content["schema"], example, "example").Any();
        if (differs)
            Note(written, operation.Name, got, sent);
        return [
            .. schemas.FindFaults(content["schema"], got, "answer"), .. schemas.FindFaults(content["schema"], example, "example"),
            .. differs ? [$"the answer has {NamesOf(got)}, and the example {NamesOf(example)}"] : (string[])[],
        ];
    }

    private static void Note(JsonNode written, string name, JsonNode? answer, SentExample sent) =>
        written["operations"]![name]!["answer"] = DocumentedOperation.Replace(answer, [.. sent.Instead.Select(one => (one.Real, one.Example))]);

    private static string NamesOf(JsonNode? node) => node is JsonObject members ? string.Join(", ", members.Select(member => member.Key).Order(StringComparer.Ordinal)) : node is null ? "nothing" : "no object";
}
