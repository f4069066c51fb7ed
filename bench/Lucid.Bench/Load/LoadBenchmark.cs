using Lucid.Evidence.Verification;

namespace Lucid.Bench.Load;

/// <summary>A thousand sessions that record at once on one node, each over its own connection; then all are stopped, anchored and checked.</summary>
internal static class LoadBenchmark
{
    private const int Samples = 20;

    public static async Task RunAsync(Effort effort, Report report)
    {
        var sessions = effort.Sessions ?? (effort.Quick ? 100 : 1_000);
        var rate = effort.Rate ?? (effort.Quick ? 40 : 200);
        var duration = effort.Duration ?? TimeSpan.FromSeconds(effort.Quick ? 15 : 60);
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"));
        var latencies = new Latencies(duration / 6);
        var crowd = await Crowd.CreateAsync(node, sessions, rate, latencies);
        var before = await node.UsageAsync();
        Sample disk;
        double seconds;
        await using (var bare = new BareDisk(folder.Path))
        {
            seconds = await crowd.RunAsync(duration);
            disk = await bare.StopAsync();
        }
        var after = await node.UsageAsync();

        var what = $"load, {sessions:#,0} sessions";
        crowd.AddTo(report, what, seconds);
        latencies.AddTo(report, what, judged: true);
        report.Add("· write + fsync of 4 KiB beside it", disk, Unit.Milliseconds, $"p99 {disk.At(0.99) * 1e3:0.0}: the disk alone, with everybody on it");
        report.Add("· chunks sent too late by the generator", latencies.Late, Unit.Milliseconds, $"p99 {latencies.Late.At(0.99) * 1e3:0.0}; part of the latencies above");
        AddUsage(report, before, after, seconds);
        report.Add("· mean gzip level", new Sample([await crowd.GzipLevelAsync()]), Unit.Number);
        await AddBlocksAsync(report, node);
        await AddClosingAsync(report, node, crowd);
    }

    public static void AddUsage(Report report, NodeUsage before, NodeUsage after, double seconds)
    {
        report.Add("· the node's memory", new Sample([after.Resident]), Unit.Megabytes, after.InWords());
        report.Add("· memory of chunks on their way, at most", new Sample([after.Sum("lucid_recorder_memory_most")]), Unit.Megabytes,
            $"{after.Sum("lucid_recorder_memory_kept") / 1e6:0} MB kept to be used again");
        report.Add("· the node's CPU", new Sample([(after.CpuSeconds - before.CpuSeconds) / seconds]), Unit.Cores,
            $"GC paused it {(after.PauseSeconds - before.PauseSeconds) / seconds * 100:0.00} % of the time");
    }

    /// <summary>Between headers' times, which is what the chain promises.</summary>
    public static async Task AddBlocksAsync(Report report, NodeProcess node)
    {
        var page = await node.GetAsync("blocks?limit=100");
        var times = page.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("timestamp").GetDateTimeOffset()).ToArray();
        if (times.Length < 3)
            return;
        // Without the first, which begins with the node.
        var intervals = new Sample(times.Take(times.Length - 1).Zip(times.Skip(1), (later, earlier) => (later - earlier).TotalSeconds));
        report.Add("· block interval", intervals, Unit.Seconds, $"{times.Length} blocks",
            new Target("10 s ± 0.5 s", intervals.Min >= 9.5 && intervals.Max <= 10.5));
    }

    private static async Task AddClosingAsync(Report report, NodeProcess node, Crowd crowd)
    {
        var stopping = await Measure.TimeAsync(crowd.StopAsync);
        report.Add("· stop all", new Sample([stopping]), Unit.Seconds, $"{crowd.Count / stopping:#,0}/s");
        report.Add("· until all are anchored", new Sample([await Measure.TimeAsync(() => node.UntilAsync("anchored", crowd.Count, TimeSpan.FromMinutes(3)))]), Unit.Seconds);
        var trusted = new TrustStore(Path.Combine(node.Data, "trust")).Load();
        var (verified, chunks) = (0, 0L);
        foreach (var session in crowd.Sessions.Where((_, i) => i % Math.Max(1, crowd.Count / Samples) == 0))
        {
            await using var file = await node.Http.GetStreamAsync($"api/v1/sessions/{session.Connection.Session:D}/evidence?full=true");
            var checkedFile = await EvidenceVerifier.VerifyAsync(file, trusted, new VerifyOptions(), CancellationToken.None);
            if (checkedFile.Verdict != Verdict.Verified)
                throw new InvalidOperationException($"Evidence of session {session.Connection.Session} does not verify: {checkedFile.Summary}");
            (verified, chunks) = (verified + 1, chunks + session.Sealed);
        }
        report.Add("· evidence files verified, sampled", new Sample([verified]), Unit.Number, $"{chunks:#,0} chunks in them");
    }
}
