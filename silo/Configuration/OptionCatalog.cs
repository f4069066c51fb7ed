using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Lucid.Engine.Embedded;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>All that a node can be told, from the types that hold it.</summary>
internal static class OptionCatalog
{
    /// <summary>In the order in which the types have them.</summary>
    public static IReadOnlyList<NodeOption> All { get; } = [.. Walk(typeof(NodeOptions), "", [])];

    /// <summary>The names under which options stand together, such as sessions.</summary>
    public static FrozenSet<string> Sections { get; } =
        All.Where(option => option.Path.Length > 1).Select(option => option.Name[..option.Name.LastIndexOf('.')]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static FrozenDictionary<string, NodeOption> ByName { get; } = All.ToFrozenDictionary(option => option.Name, StringComparer.OrdinalIgnoreCase);

    public static NodeOption? Find(string name) => ByName.GetValueOrDefault(name);

    private static IEnumerable<NodeOption> Walk(Type type, string prefix, ImmutableArray<PropertyInfo> path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            // How unkind an engine is to its grains is for tests to say, in code.
            if (property.DeclaringType == typeof(EmbeddedEngineOptions) && property.Name == nameof(EmbeddedEngineOptions.Test))
                continue;
            var name = prefix + JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (OptionValue.IsReadable(value))
                yield return new NodeOption(name, value, path.Add(property));
            else
                foreach (var inner in Walk(value, name + ".", path.Add(property)))
                    yield return inner;
        }
    }
}
