using System.Collections.Immutable;

namespace Lucid.Silo.Supervision;

/// <summary>One process of a cluster on one machine, before it is started.</summary>
/// <param name="Name">Such as silo-1.</param>
/// <param name="Data">Its data directory.</param>
/// <param name="Environment">What it is told, beside what we were told ourselves; null takes out what is meant for others.</param>
internal sealed record NodePlan(string Name, string Data, ImmutableDictionary<string, string?> Environment)
{
    public string LogPath => ClusterFolder.LogOf(Data);
}
