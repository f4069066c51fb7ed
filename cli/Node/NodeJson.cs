using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lucid.Cli.Logins;

namespace Lucid.Cli.Node;

/// <summary>The API's JSON, and what lies in files beside it: all read by code that the compiler wrote.</summary>
internal static class NodeJson
{
    public static JsonSerializerOptions Options { get; } = new(LucidJson.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(NodeJsonContext.Default, LucidJson.Options.TypeInfoResolver),
    };
}

[JsonSerializable(typeof(NodeNotice))]
[JsonSerializable(typeof(StoredLogin))]
internal sealed partial class NodeJsonContext : JsonSerializerContext;
