using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lucid.GrainInterfaces.Engine;

/// <summary>
/// How state, journal rows and, where they cross a process, messages are written. Every engine uses these options, so that what one wrote
/// another can read. Enumerations are written by name: a value that is inserted later must not change what older rows mean.
/// </summary>
public static class GrainJson
{
    public static JsonSerializerOptions Options { get; } = Build();

    private static JsonSerializerOptions Build()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
