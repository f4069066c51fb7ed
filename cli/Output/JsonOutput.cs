using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lucid.Cli.Output;

/// <summary>How --json prints: the names of the API, indented, letters as they are.</summary>
internal static class JsonOutput
{
    public static JsonSerializerOptions Options { get; } = new(Node.NodeJson.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
