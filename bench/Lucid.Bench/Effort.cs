namespace Lucid.Bench;

/// <summary>How much is measured. Quick shows that everything runs and the order of magnitude, no more.</summary>
internal sealed record Effort(bool Quick)
{
    public int Rounds => Quick ? 3 : 7;

    /// <summary>How long a rate is counted in each round.</summary>
    public TimeSpan RoundTime => TimeSpan.FromSeconds(Quick ? 0.3 : 1);

    /// <summary>How long load is put on a node: 5 s to 24 h; null lets the part decide.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Sessions at once, 1 to 100,000; null lets the part decide.</summary>
    public int? Sessions { get; init; }

    /// <summary>Chunks a second over all sessions, 1 to 10,000; null lets the part decide.</summary>
    public int? Rate { get; init; }
}
