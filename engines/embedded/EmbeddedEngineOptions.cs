using Lucid.Engine.Embedded.Testing;

namespace Lucid.Engine.Embedded;

/// <summary>The bounds of an engine. <see cref="Check"/> reports every value that is out of its range at once.</summary>
public sealed record EmbeddedEngineOptions
{
    /// <summary>Calls that may wait for one grain, beyond the running one. 1 to 1,000,000; default 1,000.</summary>
    public int MailboxLimit { get; init; } = 1_000;

    /// <summary>What a caller of a full mailbox is told to wait. 1 ms to 1 min; default 1 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a caller waits for an answer. 10 ms to 1 h; default 30 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a grain stays in memory without a call. Ticks of its own timers do not count. 1 s to 7 d; default 10 min.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a stop waits for running and waiting calls. 0 to 10 min; default 10 s.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest period of a reminder. 1 ms to 1 h; default 1 min, which is what every engine promises; tests may go below.</summary>
    public TimeSpan ShortestReminder { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Makes the engine as unkind as the rules allow. Null, the default, outside tests.</summary>
    public EngineTestMode? Test { get; init; }

    /// <summary>The bounds of everything above that has some.</summary>
    public static IReadOnlyList<EmbeddedEngineRange> Ranges { get; } =
    [
        new(nameof(MailboxLimit), options => options.MailboxLimit, 1, 1_000_000),
        new(nameof(RetryAfter), options => options.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
        new(nameof(Deadline), options => options.Deadline, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        new(nameof(IdleAfter), options => options.IdleAfter, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        new(nameof(Drain), options => options.Drain, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        new(nameof(ShortestReminder), options => options.ShortestReminder, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
    ];

    /// <exception cref="InvalidOperationException">Names every option that is out of range.</exception>
    public void Check()
    {
        var mistakes = from range in Ranges
                       let value = range.Value(this)
                       where value.CompareTo(range.Least) < 0 || value.CompareTo(range.Most) > 0
                       select $"{range.Name} is {value}, not {range.Least} to {range.Most}";
        if (mistakes.ToList() is { Count: > 0 } found)
            throw new InvalidOperationException($"Engine options out of range: {string.Join("; ", found)}.");
    }
}

/// <summary>The bounds of one option of the engine, both allowed.</summary>
public sealed record EmbeddedEngineRange(string Name, Func<EmbeddedEngineOptions, IComparable> Value, IComparable Least, IComparable Most);
