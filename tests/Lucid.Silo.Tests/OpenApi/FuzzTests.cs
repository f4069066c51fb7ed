using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lucid.Engine.Embedded.Testing;
using Lucid.Gateway.Access;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>
/// Every parser that meets the network, through the network: paths, queries, headers, bodies and tokens that are nearly right, to every operation of a whole
/// node. Each is answered as the operation's document says, and never with a fault of ours. LUCID_SEED=… tries others.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private const int Requests = 1_000;

    /// <summary>What routing and the web server answer, whatever the operation.</summary>
    private static readonly int[] _ofTheServer = [400, 404, 405, 413, 414, 415, 421, 431];

    private static readonly string[] _headers =
    [
        "Accept", "Accept-Encoding", "Authorization", "Content-Digest", "Content-Encoding", "Content-Type", "Cookie", "Expect", "Forwarded", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Lucid-Caller",
        "Lucid-Chunk-Time", "Lucid-Lease", "Lucid-Track", "Origin", "Range", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method-Override", "traceparent",
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Request_ThatIsNearlyRight_IsAnsweredAsDocumented()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable(Simulation.SeedVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 1;
        var texts = new HostileTexts(seed);
        await using var world = await ExampleWorld.StartAsync(_folder, options => options with { Access = new AccessOptions { Domain = "lucid.example.org", TrustedProxies = "127.0.0.1" } });
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }) { BaseAddress = world.Node.Url };
        List<string> faults = [];
        for (var i = 0; i < Requests; i++)
        {
            var operation = world.Operations[i % world.Operations.Count];
            using var request = Make(operation, world, texts);
            if (!request.Headers.Contains("Authorization"))
                request.Headers.Authorization = world.Ada.Client.DefaultRequestHeaders.Authorization;
            var shown = $"{request.Method} {request.RequestUri} {string.Join(' ', request.Headers.NonValidated.Where(header => header.Key != "Authorization").Select(header => $"{header.Key}: {header.Value}"))} {(request.Content is null ? "" : await request.Content.ReadAsStringAsync())}";
            using var answer = await client.SendAsync(request);
            if (await FindFaultAsync(operation, answer) is { } fault)
                faults.Add($"{operation.Name} {fault}\n    to {(shown.Length > 1_000 ? shown[..1_000] : shown)}");
            if (answer.StatusCode == HttpStatusCode.Unauthorized && (await world.Ada.Client.GetAsync("auth/status")).StatusCode == HttpStatusCode.Unauthorized)
                await world.Ada.SignInAsync();
        }
        Assert.True(faults.Count == 0, $"LUCID_SEED={seed}: {faults.Count} of {Requests} were not answered as they should be:\n{string.Join('\n', faults.Take(20))}");
        (await client.GetAsync("/health/live")).EnsureSuccessStatusCode();
    }

    private static HttpRequestMessage Make(DocumentedOperation operation, ExampleWorld world, HostileTexts texts)
    {
        var made = operation.RequestOf([(world.Session, world.Anchored), (world.AdasAddress, world.Ada.Address)]);
        var path = made.RequestUri!.ToString();
        if (texts.Next(3) == 0 && operation.Parameters.Where(parameter => (string?)parameter["in"] == "path").ToList() is { Count: > 0 } places)
        {
            var one = (string)texts.OneOf(places)["name"]!;
            path = operation.RequestOf([(operation.ParameterExample(one), Uri.EscapeDataString(Whole(texts.Near(operation.ParameterExample(one)))))]).RequestUri!.ToString();
        }
        var queries = operation.Parameters.Where(parameter => (string?)parameter["in"] == "query").Where(_ => texts.Next(3) == 0)
            .Select(parameter => $"{parameter["name"]}={Uri.EscapeDataString(Whole(texts.Near("1")))}").ToList();
        made.RequestUri = new Uri(queries.Count == 0 ? path : $"{path}?{string.Join('&', queries)}", UriKind.Relative);
        if (operation.Body is { } body && texts.Next(2) == 0)
        {
            made.Content!.Dispose();
            var text = texts.Near(body)?.ToJsonString() ?? "null";
            made.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(texts.Next(10) == 0 ? texts.Near(text) : text)) { Headers = { { "Content-Type", "application/json" } } };
        }
        for (var more = texts.Next(4); more > 0; more--)
        {
            var name = texts.OneOf(_headers);
            // What no header can hold is sent by other tests, past the client.
            var value = new string([.. texts.Near("1").Where(letter => letter is >= ' ' and <= '\u00ff' and not '\u007f')]);
            if (!made.Headers.TryAddWithoutValidation(name, value))
                made.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        return made;
    }

    /// <summary>Half of a pair has no spelling in a URI.</summary>
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static async Task<string?> FindFaultAsync(DocumentedOperation operation, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        var documented = operation.Json["responses"]![$"{status}"];
        if (status == 500 || (documented is null && !_ofTheServer.Contains(status) && !(status == 206 || status == 304)))
            return $"is answered {status}: {await answer.Content.ReadAsStringAsync()}";
        if (answer.IsSuccessStatusCode || status < 400 || answer.Content.Headers.ContentType?.MediaType is not ("application/json" or "application/problem+json"))
            return null;
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        var code = (string?)(body["code"] ?? body["error"]?["code"]);
        // Health tells its own state with 503.
        return code is null || ((string?)documented?["description"])?.Contains(code, StringComparison.Ordinal) == true || (documented is null && _ofTheServer.Contains(status))
            ? null
            : $"is answered {status} with {code}, which the document does not say: {body.ToJsonString()}";
    }
}
