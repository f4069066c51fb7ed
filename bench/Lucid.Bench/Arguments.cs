using System.Globalization;

namespace Lucid.Bench;

/// <summary>One part of the benchmark.</summary>
/// <param name="OnlyWhenNamed">It takes minutes or much of the disk, so a run that names no part leaves it out.</param>
internal sealed record Part(string Name, string What, Func<Effort, Report, Task> RunAsync, bool OnlyWhenNamed = false)
{
    /// <summary>What it needs and this machine or build lacks, in a sentence; null where all is there.</summary>
    public Func<string?> FindMissing { get; init; } = () => null;
}

/// <summary>The command line of the benchmark.</summary>
internal sealed record Arguments(Effort Effort, IReadOnlyList<Part> Parts)
{
    public static string Usage(IEnumerable<Part> all) =>
        "Usage: lucid bench [[--only] NAME]... [--peers] [--quick] [--duration TIME] [--sessions N] [--rate N]\n\n" +
        string.Concat(all.Select(part => $"  {part.Name,-17} {part.What}{(part.OnlyWhenNamed ? " (only when named)" : "")}\n")) +
        """

          --peers          part peers as well; ./lucid installs restic and borgbackup where they are missing
          --quick          fewer and shorter rounds: that everything runs, and orders of magnitude
          --duration TIME  how long load lasts, such as 90s, 30m or 2h: 5s to 24h
          --sessions N     sessions at once: 1 to 100000
          --rate N         chunks a second, over all sessions: 1 to 10000

        The last three are for load, flood, poison, slow-disk, soak and engines.
        """;

    /// <returns>Null where something is wrong, with what that is.</returns>
    public static (Arguments? Given, string Mistake) Read(string[] args, IReadOnlyList<Part> all)
    {
        var effort = new Effort(false);
        var peers = args.Contains("--peers", StringComparer.Ordinal);
        List<Part> parts = [];
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
            {
                effort = effort with { Quick = true };
                continue;
            }
            if (args[i] == "--peers")
                continue;
            if (all.FirstOrDefault(part => part.Name == args[i]) is { } bare)
            {
                parts.Add(bare);
                continue;
            }
            if (args[i] is not ("--only" or "--duration" or "--sessions" or "--rate"))
                return (null, $"'{args[i]}' is neither a part nor an option");
            var (option, value) = (args[i], ++i < args.Length ? args[i] : "");
            if (option == "--only" && all.FirstOrDefault(part => part.Name == value) is { } named)
                parts.Add(named);
            else if (option == "--duration" && Time(value) is { } time)
                effort = effort with { Duration = time };
            else if (option == "--sessions" && Number(value, 100_000) is { } sessions)
                effort = effort with { Sessions = sessions };
            else if (option == "--rate" && Number(value, 10_000) is { } rate)
                effort = effort with { Rate = rate };
            else
                return (null, $"{option} '{value}' is not what it takes");
        }
        if (parts.Count == 0)
            parts.AddRange(all.Where(part => !part.OnlyWhenNamed));
        if (peers)
            parts.AddRange(all.Where(part => part.Name == "peers").Except(parts));
        return (new Arguments(effort, parts), "");
    }

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : null;

    private static TimeSpan? Time(string text)
    {
        if (text.Length < 2 || Number(text[..^1], 86_400) is not { } number)
            return null;
        TimeSpan? time = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
        return time >= TimeSpan.FromSeconds(5) && time <= TimeSpan.FromHours(24) ? time : null;
    }
}
