namespace Lucid.Bench.Load;

/// <summary>Many sessions of one node that record at the same time.</summary>
internal sealed class Crowd(NodeProcess node, IReadOnlyList<LoadSession> sessions, Latencies latencies)
{
    private static readonly ParallelOptions _few = new() { MaxDegreeOfParallelism = 16 };

    public IReadOnlyList<LoadSession> Sessions => sessions;
    public int Count => sessions.Count;

    /// <param name="rate">Chunks a second over all sessions.</param>
    /// <param name="largest">No chunk is larger, in bytes.</param>
    public static async Task<Crowd> CreateAsync(NodeProcess node, int count, double rate, Latencies latencies, int largest = int.MaxValue)
    {
        var sessions = new LoadSession[count];
        var interval = TimeSpan.FromSeconds(count / rate);
        await Parallel.ForAsync(0, count, _few, async (i, _) =>
        {
            var (id, lease) = await node.CreateSessionAsync();
            sessions[i] = new LoadSession(new SessionConnection(node.Address, node.Token, id, lease), latencies, seed: i, interval, largest);
        });
        return new Crowd(node, sessions, latencies);
    }

    /// <returns>Seconds until the last chunk that was due had its receipt.</returns>
    public async Task<double> RunAsync(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(sessions.Select(session => session.RunAsync(started, duration)));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>What was achieved, and whether anybody was left behind.</summary>
    public void AddTo(Report report, string what, double seconds)
    {
        report.Add($"{what}, chunks", new Sample([latencies.Chunks / seconds]), Unit.PerSecond,
            $"{latencies.Chunks:#,0} chunks in {seconds:0.0} s; {latencies.Errors.Count} errors{(latencies.Errors.FirstOrDefault() is { } error ? $", such as: {error.ReplaceLineEndings(" ")}" : "")}",
            new Target("no error", latencies.Errors.Count == 0));
        report.Add($"{what}, plaintext", new Sample([latencies.Bytes / seconds]), Unit.MebibytesPerSecond);
        var shares = new Sample(sessions.Where(one => one.Due > 0).Select(one => (double)one.Sealed / one.Due));
        report.Add("· chunks sealed of those due, per session", shares, Unit.Percent, "least..most: nobody starves", new Target("all", shares.Min >= 1));
    }

    /// <summary>The mean over sessions; not weighed by their bytes.</summary>
    public async Task<double> GzipLevelAsync()
    {
        var sum = 0.0;
        foreach (var session in sessions)
            sum += (await node.GetAsync($"sessions/{session.Connection.Session:D}/pipeline")).GetProperty("overall_metrics").GetProperty("mean_gzip_level").GetDouble();
        return sum / sessions.Count;
    }

    public Task StopAsync() => Parallel.ForEachAsync(sessions, _few, async (session, _) =>
    {
        session.Connection.Dispose();
        await node.StopSessionAsync(session.Connection.Session, session.Connection.Lease);
    });
}
