using System.Collections.Immutable;

namespace Lucid.Engine.Cluster;

/// <param name="State">active, joining, dead and so on, as the cluster's list has it.</param>
/// <param name="Address">Where other silos call it.</param>
/// <param name="Activations">Grains in memory; null where the silo does not answer.</param>
/// <param name="Grains">Lucid's own of them, by their kind.</param>
/// <param name="MemoryBytes">Of the process; null where the silo does not answer.</param>
public sealed record SiloInfo(
    string Name, string State, string Address, DateTimeOffset StartedAt, int? Activations, ImmutableSortedDictionary<string, int> Grains, long? MemoryBytes);
