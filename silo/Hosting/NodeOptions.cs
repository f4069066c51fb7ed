using Lucid.Engine.Embedded;
using Lucid.Silo.Recording;
using SessionOptions = Lucid.Grains.Sessions.SessionOptions;

namespace Lucid.Silo.Hosting;

/// <summary>Everything a node can be told. Bound once from command line, environment and file; all mistakes are reported together.</summary>
public sealed record NodeOptions
{
    /// <summary>The data directory.</summary>
    public string Data { get; init; } = DefaultData;

    /// <summary>Where the API listens: loopback only, until there are identities. Port 0 takes a free one.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    /// <summary>The node's name on its network: a-z, 0-9, '.', '_' and '-', at most 63. Fixed by the first start, whose default is node-1.</summary>
    public string? Name { get; init; }

    /// <summary>The network's name. Fixed by the first start, whose default is local.</summary>
    public string? Network { get; init; }

    /// <summary>Milliseconds between blocks: 100 to 60,000. Fixed by the first start, whose default is 10,000, because it is part of the genesis.</summary>
    public int? BlockInterval { get; init; }

    /// <summary>Stop once the last session is anchored and nobody has asked for anything for a while.</summary>
    public bool UntilIdle { get; init; }

    public SessionOptions Sessions { get; init; } = new();
    public RecordingOptions Recording { get; init; } = new();
    public EmbeddedEngineOptions Engine { get; init; } = new();

    /// <summary>LUCID_HOME, or .lucid in the home directory.</summary>
    public static string DefaultData =>
        Environment.GetEnvironmentVariable("LUCID_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".lucid");

    /// <summary>Every value that is out of its range, in one sentence each.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        var mistakes = new List<string>();
        if (Data.Length == 0)
            mistakes.Add("--data is empty; give a directory");
        foreach (var url in Urls.Split(';'))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
                mistakes.Add($"--urls has '{url}'; give something like http://127.0.0.1:8080");
            else if (!uri.IsLoopback)
                mistakes.Add($"--urls has '{url}'; until there are identities a node listens on loopback only, such as http://127.0.0.1:8080");
        }
        if (Name is not null && !Evidence.Ledger.LedgerName.IsValid(Name))
            mistakes.Add($"--name is '{Name}'; it has 1 to 63 of a-z, 0-9, '.', '_' and '-'");
        if (Network is not null && !Evidence.Ledger.LedgerName.IsValid(Network))
            mistakes.Add($"--network is '{Network}'; it has 1 to 63 of a-z, 0-9, '.', '_' and '-'");
        Range("--block-interval", BlockInterval ?? 10_000, 100, 60_000);
        Range("sessions.window", Sessions.Window, 1, 64);
        Range("sessions.maxAhead", Sessions.MaxAhead, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        Range("sessions.maxTimeGaps", Sessions.MaxTimeGaps, 1, 512);
        Range("sessions.snapshotEvery", Sessions.SnapshotEvery, 1, 4096);
        Range("sessions.tick", Sessions.Tick, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Range("sessions.reminder", Sessions.Reminder, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        Range("recording.sealingWorkers", Recording.SealingWorkers, 1, 256);
        Range("recording.memoryBudget", Recording.MemoryBudget, 64L << 20, 64L << 30);
        Range("recording.maxWait", Recording.MaxWait, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Range("recording.freeSpaceReserve", Recording.FreeSpaceReserve, 0, 0.5);
        Range("recording.compressionBudget", Recording.CompressionBudget, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        try
        {
            Engine.Check();
        }
        catch (InvalidOperationException mistake)
        {
            mistakes.Add(mistake.Message.TrimEnd('.'));
        }
        return mistakes;

        void Range<T>(string name, T value, T least, T most) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
                mistakes.Add($"{name} is {value}; it lies between {least} and {most}");
        }
    }
}
