namespace Lucid.Bench.Load;

/// <summary>Half of the load for long, with new sessions every minute: what the node holds may not grow.</summary>
internal static class SoakBenchmark
{
    // Caches fill and code compiles at first; what grows after that grows for ever.
    private const double Settled = 1.0 / 3;

    public static async Task RunAsync(Effort effort, Report report)
    {
        var duration = effort.Duration ?? TimeSpan.FromMinutes(effort.Quick ? 1 : 30);
        var period = effort.Quick || duration < TimeSpan.FromMinutes(6) ? TimeSpan.FromSeconds(15) : TimeSpan.FromMinutes(1);
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"));
        var latencies = new Latencies(TimeSpan.Zero);
        var (usages, ended) = (new List<(double Minutes, NodeUsage Usage)>(), 0);
        var started = Stopwatch.GetTimestamp();
        do
        {
            // Those of one period after those of the other: each has its start, its end and its anchor.
            var crowd = await Crowd.CreateAsync(node, effort.Sessions ?? 500, effort.Rate ?? 100, latencies);
            await crowd.RunAsync(period);
            await crowd.StopAsync();
            ended += crowd.Count;
            usages.Add((Stopwatch.GetElapsedTime(started).TotalMinutes, await node.UsageAsync()));
            var (minutes, usage) = usages[^1];
            Console.Error.WriteLine($"  {minutes:0.0} min: {usage.InWords()}, {latencies.Chunks:#,0} chunks, {latencies.Errors.Count} errors");
        }
        while (Stopwatch.GetElapsedTime(started) < duration);
        await node.UntilAsync("anchored", ended, TimeSpan.FromMinutes(3));

        report.Add($"soak, {duration.TotalMinutes:0.#} min, chunks", new Sample([latencies.Chunks / (usages[^1].Minutes * 60)]), Unit.PerSecond,
            $"{ended:#,0} sessions, all anchored; {latencies.Errors.Count} errors", new Target("no error", latencies.Errors.Count == 0));
        latencies.AddTo(report, "soak", judged: false);
        Add(report, "resident", usages, usage => usage.Resident, Unit.Megabytes);
        Add(report, "managed heap", usages, usage => usage.Heap, Unit.Megabytes);
        Add(report, "handles", usages, usage => usage.Handles, Unit.Number);
        Add(report, "threads", usages, usage => usage.Threads, Unit.Number);
        await LoadBenchmark.AddBlocksAsync(report, node);
    }

    /// <summary>The least-squares line through what came after the start; flat where an hour adds less than a tenth.</summary>
    private static void Add(Report report, string what, List<(double Minutes, NodeUsage Usage)> usages, Func<NodeUsage, double> value, Unit unit)
    {
        var points = usages.Skip((int)(usages.Count * Settled)).Select(one => (X: one.Minutes, Y: value(one.Usage))).ToArray();
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        var spread = points.Sum(point => (point.X - x) * (point.X - x));
        var perHour = spread == 0 ? 0 : 60 * points.Sum(point => (point.X - x) * (point.Y - y)) / spread;
        var enough = points[^1].X - points[0].X >= 15;
        report.Add($"soak, {what}", new Sample(points.Select(point => point.Y)), unit, $"{unit.Of(perHour)} {unit.Name} an hour, after the first third",
            new Target("< 10 % an hour", enough ? perHour < 0.1 * y : null));
    }
}
