namespace Lucid.Bench;

/// <summary>A node as a process of its own, the one that `lucid up` runs: how soon it is ready, and what it holds while nobody asks.</summary>
internal static class StartBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Effort effort, Report report)
    {
        var silo = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Lucid.Silo", "release", "Lucid.Silo.dll"));
        if (!File.Exists(silo))
            throw new FileNotFoundException($"{silo} is not there; ./lucid bench builds it.");
        var (first, again, resident) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < (effort.Quick ? 1 : 3); round++)
        {
            using var folder = new TempFolder();
            first.Add(await StartAsync(silo, folder.Path, null));
            // Long enough for a block or two, and for what only the start needed to be let go.
            again.Add(await StartAsync(silo, folder.Path, async id =>
            {
                await Task.Delay(TimeSpan.FromSeconds(effort.Quick ? 2 : 12), TimeProvider.System);
                resident.Add(ResidentBytes(id));
            }));
        }
        var (ready, idle) = (new Sample(first), new Sample(resident));
        report.Add("process start to ready, new data directory", ready, Unit.Seconds, "", new Target("< 2 s", ready.Median < 2));
        report.Add("process start to ready, existing one, after kill -9", new Sample(again), Unit.Seconds);
        report.Add("idle node, resident", idle, Unit.Megabytes, "", new Target("< 150 MB", idle.Median < 150e6));
    }

    /// <summary>Starts a node, waits for its ready line and ends it, by its id and without warning.</summary>
    /// <returns>Seconds until it was ready.</returns>
    private static async Task<double> StartAsync(string silo, string data, Func<int, Task>? whileReady)
    {
        var start = new ProcessStartInfo("dotnet", [silo, "up", "--data", data, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (!line.Contains(" is ready on ", StringComparison.Ordinal))
                    continue;
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                await (whileReady?.Invoke(process.Id) ?? Task.CompletedTask);
                return seconds;
            }
            throw new InvalidOperationException("The node ended before it was ready; stderr above says why.");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static double ResidentBytes(int process)
    {
        var status = $"/proc/{process}/status";
        if (!File.Exists(status))
            return double.NaN;
        var line = File.ReadLines(status).First(one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * double.Parse(line.AsSpan("VmRSS:".Length, line.Length - "VmRSS:".Length - "kB".Length));
    }
}
