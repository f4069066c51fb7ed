using Lucid.Bench.Load;

namespace Lucid.Bench;

/// <summary>A node as a process of its own, the one that `lucid up` runs: how soon it is ready, and what it holds while nobody asks.</summary>
internal static class StartBenchmark
{
    public static async Task RunAsync(Effort effort, Report report)
    {
        var (first, again, resident) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < (effort.Quick ? 1 : 3); round++)
        {
            using var folder = new TempFolder();
            await using (var node = await NodeProcess.StartAsync(folder.Path))
                first.Add(node.ReadyAfter.TotalSeconds);
            await using (var node = await NodeProcess.StartAsync(folder.Path))
            {
                again.Add(node.ReadyAfter.TotalSeconds);
                // Long enough for a block or two, and for what only the start needed to be let go.
                await Task.Delay(TimeSpan.FromSeconds(effort.Quick ? 2 : 12), TimeProvider.System);
                // Before anything is asked of it, the metrics included.
                resident.Add(NodeUsage.Read(node.Id, "").Resident);
            }
        }
        var (ready, idle) = (new Sample(first), new Sample(resident));
        report.Add("process start to ready, new data directory", ready, Unit.Seconds, "", new Target("< 2 s", ready.Median < 2));
        report.Add("process start to ready, existing one, after kill -9", new Sample(again), Unit.Seconds);
        report.Add("idle node, resident", idle, Unit.Megabytes, "", new Target("< 150 MB", idle.Median < 150e6));
    }
}
