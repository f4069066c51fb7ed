using System.Collections.Immutable;
using System.Reflection;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>One thing that a node can be told.</summary>
/// <param name="Name">As files and pages write it, such as sessions.maxAhead.</param>
/// <param name="Type">The type of its value, without the question mark.</param>
/// <param name="Path">From the options of the node to the value.</param>
internal sealed record NodeOption(string Name, Type Type, ImmutableArray<PropertyInfo> Path)
{
    /// <summary>Whether its value may stand in no message.</summary>
    public bool IsSecret => Name == "cluster.database";

    public object? Read(NodeOptions options) => Path.Aggregate((object?)options, (owner, property) => property.GetValue(owner));

    /// <summary>Changes options that nobody else has seen yet.</summary>
    public void Write(NodeOptions fresh, object value) =>
        Path[^1].SetValue(Path[..^1].Aggregate((object?)fresh, (owner, property) => property.GetValue(owner)), value);
}
