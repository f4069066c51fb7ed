using Lucid.Silo.Tests.Node;

namespace Lucid.Bench.Load;

/// <summary>A store that delays every write, ever longer: the node gets slower by as much and by no more, and breaks no promise.</summary>
internal static class SlowDiskBenchmark
{
    public static async Task RunAsync(Effort effort, Report report)
    {
        var delay = TimeSpan.Zero;
        await using var node = new BenchNode(store => new SlowStore(store, _ => delay > TimeSpan.Zero ? Task.Delay(delay, TimeProvider.System) : Task.CompletedTask));
        await node.StartAsync();
        var duration = effort.Duration / 4 ?? TimeSpan.FromSeconds(effort.Quick ? 3 : 10);
        foreach (var milliseconds in (int[])[0, 10, 100, 1000])
        {
            delay = TimeSpan.Zero;
            var latencies = new Latencies(TimeSpan.Zero);
            var sessions = new List<LoadSession>();
            for (var i = 0; i < (effort.Sessions ?? 50); i++)
            {
                var (id, lease) = await node.CreateSessionAsync();
                sessions.Add(new LoadSession(new SessionConnection(node.Http.BaseAddress!, node.Token, id, lease), latencies, seed: i, TimeSpan.FromSeconds(2)));
            }
            delay = TimeSpan.FromMilliseconds(milliseconds);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(sessions.Select(session => session.RunAsync(started, duration)));
            report.Add($"slow disk, each write {milliseconds} ms later, chunks", new Sample([latencies.Chunks / Stopwatch.GetElapsedTime(started).TotalSeconds]), Unit.PerSecond,
                $"{latencies.Errors.Count} errors", new Target("no error", latencies.Errors.Count == 0));
            latencies.AddTo(report, "·", judged: false);
            sessions.ForEach(session => session.Connection.Dispose());
        }
    }
}
