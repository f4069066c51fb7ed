using System.Collections.Immutable;

namespace Lucid.Cli.Node;

/// <summary>A cluster as its gateway tells it. See the API's ClusterStatus.</summary>
internal sealed record ClusterView
{
    public required string Cluster { get; init; }
    public required string Gateway { get; init; }
    public required string Network { get; init; }
    public required string Ledger { get; init; }
    public required ImmutableArray<SiloView> Silos { get; init; }
    public RemindersView? Reminders { get; init; }
}

internal sealed record SiloView
{
    public required string Name { get; init; }
    public required ImmutableArray<string> Roles { get; init; }
    public required string State { get; init; }
    public string? Address { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public int? Activations { get; init; }
    public required ImmutableSortedDictionary<string, int> Grains { get; init; }
    public double? StreamLagMs { get; init; }
    public long? MemoryBytes { get; init; }
}

internal sealed record RemindersView(long Kept, long DueWithinMinute);
