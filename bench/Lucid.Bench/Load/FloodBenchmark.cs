namespace Lucid.Bench.Load;

/// <summary>Thousands of sessions that are begun and never finished: what each holds, and how they end by their idle limit.</summary>
internal static class FloodBenchmark
{
    private static readonly ParallelOptions _together = new() { MaxDegreeOfParallelism = 32 };
    private const int IdleSeconds = 60;

    public static async Task RunAsync(Effort effort, Report report)
    {
        var count = effort.Sessions ?? (effort.Quick ? 1_000 : 20_000);
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"));
        await BeginAsync(node, 200);
        var before = await node.UsageAsync();
        var seconds = await Measure.TimeAsync(() => BeginAsync(node, count));
        var full = await node.UsageAsync();
        report.Add($"flood, {count:#,0} sessions begun with one chunk and left", new Sample([count / seconds]), Unit.PerSecond,
            $"{_together.MaxDegreeOfParallelism} at once; the node: {full.InWords()}");
        report.Add("· resident memory for each that waits", new Sample([(full.Resident - before.Resident) / count]), Unit.Kilobytes,
            $"{full.Sum("lucid_engine_activations{grain=\"session\"}"):#,0} in memory");

        // What somebody else sees while they close, each by its own limit.
        var reads = new List<double>();
        var closing = await Measure.TimeAsync(async () =>
        {
            while (await node.CountAsync("anchored") < count + 200)
            {
                reads.Add(await Measure.TimeAsync(() => node.GetAsync("blocks/latest")));
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
                if (reads.Count > 6_000)
                    throw new TimeoutException($"{await node.CountAsync("anchored")} of {count + 200} sessions are anchored after ten minutes.");
            }
        });
        report.Add("· until the last is closed and anchored", new Sample([closing]), Unit.Seconds, $"idle limit {IdleSeconds} s");
        var seen = new Sample(reads);
        report.Add("· reads of others meanwhile", seen, Unit.Milliseconds, $"p99 {seen.At(0.99) * 1e3:0.0}");
        var after = await node.UsageAsync();
        report.Add("· the node's memory after that", new Sample([after.Resident]), Unit.Megabytes,
            $"{after.InWords()}; {after.Sum("lucid_engine_activations{grain=\"session\"}"):#,0} sessions in memory");
        await LoadBenchmark.AddBlocksAsync(report, node);
    }

    private static Task BeginAsync(NodeProcess node, int count) => Parallel.ForAsync(0, count, _together, async (i, _) =>
    {
        var (id, lease) = await node.CreateSessionAsync(IdleSeconds);
        using var connection = new SessionConnection(node.Address, node.Token, id, lease);
        var chunk = ChunkMix.At(i, 1024);
        await connection.PutAsync(0, chunk, SessionConnection.DigestOf(chunk.Span));
    });
}
