namespace Lucid.Bench;

/// <summary>What the rounds of one thing came to, in seconds or per second.</summary>
internal sealed class Sample(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => _sorted.Length % 2 == 1 ? _sorted[_sorted.Length / 2] : (_sorted[(_sorted.Length / 2) - 1] + _sorted[_sorted.Length / 2]) / 2;
    public double Min => _sorted[0];
    public double Max => _sorted[^1];
    public int Count => _sorted.Length;

    /// <summary>The value that the share <paramref name="share"/> of all does not exceed.</summary>
    public double At(double share) => _sorted[Math.Min(_sorted.Length - 1, (int)(share * _sorted.Length))];
}

internal static class Measure
{
    /// <summary>
    /// Measures several things in turn, round after round, so that what else the machine does meets all of them alike and their ratios hold.
    /// </summary>
    /// <param name="measures">Each answers one value; the first round only warms up.</param>
    public static async Task<Sample[]> InTurnAsync(int rounds, params Func<Task<double>>[] measures)
    {
        var values = measures.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < measures.Length; i++)
            {
                var value = await measures[i]();
                if (round >= 0)
                    values[i].Add(value);
            }
        }
        return [.. values.Select(one => new Sample(one))];
    }

    /// <summary>Seconds of CPU, of this whole process: true for work on one thread also where others take turns on the core.</summary>
    public static double Cpu(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    /// <summary>Seconds by the clock.</summary>
    public static async Task<double> TimeAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Calls per second of callers who each call again as soon as they were answered.</summary>
    public static async Task<double> RateAsync(int callers, TimeSpan time, Func<int, Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(started) < time; count++)
                await call(caller);
            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
