using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A cluster as its gateway tells it.</summary>
public sealed record ClusterView
{
    /// <summary>Its name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The gateway that answers.</summary>
    public required string Gateway { get; init; }

    /// <summary>Its network's id: 64 hexadecimal digits.</summary>
    public required string Network { get; init; }

    /// <summary>The silo with the ledger.</summary>
    public required string Ledger { get; init; }

    /// <summary>Its silos, by name.</summary>
    public required ImmutableArray<SiloView> Silos { get; init; }

    /// <summary>Null where the database does not answer.</summary>
    public RemindersView? Reminders { get; init; }
}

/// <summary>A silo. Of one that does not answer there are name, roles and state alone.</summary>
public sealed record SiloView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>recorder and, at one silo, ledger.</summary>
    public required ImmutableArray<string> Roles { get; init; }

    /// <summary>active, or what the cluster says instead, such as joining, stopping or dead.</summary>
    public required string State { get; init; }

    /// <summary>Where gateways reach it.</summary>
    public string? Address { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Grains that are awake.</summary>
    public int? Activations { get; init; }

    /// <summary>The same, by kind.</summary>
    public required ImmutableSortedDictionary<string, int> Grains { get; init; }

    /// <summary>How late streams are, in ms.</summary>
    public double? StreamLagMs { get; init; }

    /// <summary>The memory of its process.</summary>
    public long? MemoryBytes { get; init; }
}

/// <summary>The reminders of a cluster.</summary>
/// <param name="Kept">All that there are.</param>
/// <param name="DueWithinMinute">Those that are due within a minute.</param>
public sealed record RemindersView(long Kept, long DueWithinMinute);
