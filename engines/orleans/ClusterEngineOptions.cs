namespace Lucid.Engine.Cluster;

/// <summary>What the cluster engine can be told. The same on every silo and gateway of a cluster.</summary>
public sealed record ClusterEngineOptions
{
    /// <summary>How long a caller waits for an answer: 1 s to 10 min.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long without an answer a gateway asks again, until the deadline: 1 s up to it. The answer may have been lost with a silo.</summary>
    public TimeSpan AskAgain { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Calls that may wait for one grain, 10 to 1,000,000; those beyond are refused at once.</summary>
    public int MailboxLimit { get; init; } = 1000;

    /// <summary>What a caller that found a mailbox full is told to wait.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a grain stays in memory without a call: 2 min to 1 d.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a silo may take to answer another one's probe before that counts against it: 0.5 to 30 s. Three such, and it is dead.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How often a silo looks for published items: 1 ms to 10 s. What wakes a grain is on its way that long.</summary>
    public TimeSpan StreamPoll { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The shortest period of a reminder.</summary>
    public TimeSpan ShortestReminder { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Which published items are lost on their way, as any may be. For tests, which lose them on purpose.</summary>
    internal Func<object, bool> Loses { get; init; } = static _ => false;
}
