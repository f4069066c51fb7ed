using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Lucid.Client;

/// <summary>How the API writes JSON: snake_case names, enums as snake_case strings, and nothing where there is no value.</summary>
public static class LucidJson
{
    /// <summary>For whoever stores or prints what a node answered. Read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
            // What a node sends is read by code that the compiler wrote: making it by reflection took a fifth of a short command's time.
            TypeInfoResolver = JsonTypeInfoResolver.Combine(LucidJsonContext.Default, new DefaultJsonTypeInfoResolver()),
        };
        options.MakeReadOnly();
        return options;
    }
}

[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(SessionPage))]
[JsonSerializable(typeof(NewSession))]
[JsonSerializable(typeof(LeafPage))]
[JsonSerializable(typeof(PipelineView))]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(RefreshRequest))]
internal sealed partial class LucidJsonContext : JsonSerializerContext;
