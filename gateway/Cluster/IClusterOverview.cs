using System.Collections.Immutable;
using Lucid.Evidence;

namespace Lucid.Gateway.Cluster;

/// <summary>Sees a cluster as a whole. The gateways of a cluster register it.</summary>
public interface IClusterOverview
{
    /// <summary>What is known now. A silo that does not answer is in it, without its figures.</summary>
    Task<ClusterStatus> LookAsync(CancellationToken cancellation);
}

/// <param name="Cluster">The cluster's name.</param>
/// <param name="Gateway">The gateway that looked.</param>
/// <param name="Ledger">The silo that holds the ledger.</param>
/// <param name="Silos">By name.</param>
/// <param name="Reminders">Null where the database does not say.</param>
public sealed record ClusterStatus(
    string Cluster, string Gateway, Hash256 Network, string Ledger, ImmutableArray<SiloStatus> Silos, RemindersStatus? Reminders);

/// <param name="Roles">recorder, and ledger on one of them.</param>
/// <param name="State">active, or what the cluster says of it, such as joining, stopping or dead; unknown where it is in no list.</param>
/// <param name="Address">Where other silos call it.</param>
/// <param name="StartedAt">Of the process that is or was there.</param>
/// <param name="Activations">Grains in memory; null where the silo does not answer.</param>
/// <param name="Grains">Those of them that are Lucid's, by their kind.</param>
/// <param name="StreamLagMs">How long the slowest item of the last minute was on its way to a grain here; null where none came.</param>
/// <param name="MemoryBytes">Of the process.</param>
public sealed record SiloStatus(
    string Name, ImmutableArray<string> Roles, string State, string? Address, DateTimeOffset? StartedAt, int? Activations,
    ImmutableSortedDictionary<string, int> Grains, double? StreamLagMs, long? MemoryBytes);

/// <param name="Kept">All that are kept.</param>
/// <param name="DueWithinMinute">Those that ring within the next minute.</param>
public sealed record RemindersStatus(long Kept, long DueWithinMinute);
