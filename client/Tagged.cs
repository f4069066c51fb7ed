using System.Text.Json.Serialization;

namespace Lucid.Client;

/// <summary>
/// One thing that a node can say of whether it has changed: give <see cref="ETag"/> to a method that takes ifMatch, so that nothing is changed that somebody
/// else has changed meanwhile, or the whole to <see cref="LucidClient.ReadIfChangedAsync"/>.
/// </summary>
public abstract record Tagged
{
    /// <summary>Stands for exactly what was answered. Null in lists, and in answers to requests that changed something.</summary>
    [JsonIgnore]
    public string? ETag { get; internal set; }

    /// <summary>Where it was read.</summary>
    [JsonIgnore]
    internal string? Path { get; set; }
}
