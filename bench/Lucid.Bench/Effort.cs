namespace Lucid.Bench;

/// <summary>How much is measured. Quick shows that everything runs and the order of magnitude, no more.</summary>
internal sealed record Effort(bool Quick)
{
    public int Rounds => Quick ? 3 : 7;

    /// <summary>How long a rate is counted in each round.</summary>
    public TimeSpan RoundTime => TimeSpan.FromSeconds(Quick ? 0.3 : 1);
}
