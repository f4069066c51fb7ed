using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Storage;

namespace Lucid.Bench;

/// <summary>Calls, durable saves and journal appends of the embedded engine on SQLite, with 1, 16 and 256 callers at once.</summary>
internal static class EngineBenchmark
{
    private const int Burst = 100;

    public static async Task RunAsync(Effort effort, Report report)
    {
        using var folder = new TempFolder();
        var store = new SqliteGrainStore(Path.Combine(folder.Path, "grains.db"));
        await using var engine = new EmbeddedEngine(store).Host<IBenchGrain, BenchGrain>("bench");
        await engine.StartAsync();
        var grains = Enumerable.Range(0, 256).Select(i => engine.Get<IBenchGrain>($"grain-{i}")).ToArray();
        Func<Task<double>> Rate(int callers, Func<int, Task> call) => () => Measure.RateAsync(callers, effort.RoundTime, call);
        foreach (var callers in (int[])[1, 16])
        {
            var calls = await Measure.InTurnAsync(
                effort.Rounds, Rate(callers, i => grains[i].EchoAsync(i)), Rate(callers, i => grains[i].AskAsync($"grain-{i + 100}", Burst)));
            report.Add($"grain calls from outside, callers: {callers}", calls[0], Unit.PerSecond);
            var inside = calls[1];
            report.Add($"grain calls from grains, callers: {callers}", new Sample([inside.Min * Burst, inside.Median * Burst, inside.Max * Burst]), Unit.PerSecond);
        }
        using var file = File.OpenHandle(Path.Combine(folder.Path, "bare"), FileMode.Create, FileAccess.Write);
        Task Flush()
        {
            RandomAccess.Write(file, new byte[4096], 0);
            DurableFile.Sync(file);
            return Task.CompletedTask;
        }
        foreach (var callers in (int[])[1, 16, 256])
        {
            var writes = await Measure.InTurnAsync(
                effort.Rounds, Rate(callers, i => grains[i].SaveAsync()), Rate(callers, i => grains[i].AppendAsync()), Rate(1, _ => Flush()));
            var bare = writes[2].Median;
            report.Add($"durable saves, callers: {callers}", writes[0], Unit.PerSecond, $"{writes[0].Median / bare:0.00} of bare fsyncs, {bare:#,0}/s");
            report.Add($"durable journal appends, callers: {callers}", writes[1], Unit.PerSecond, $"{writes[1].Median / bare:0.00} of them");
        }
    }
}

internal interface IBenchGrain : IGrain
{
    Task<int> EchoAsync(int value);

    /// <summary>Calls another grain that many times, one after the other.</summary>
    Task AskAsync(string other, int times);

    Task SaveAsync();
    Task AppendAsync();
}

internal sealed record BenchState
{
    public int Count { get; init; }
    public string Text { get; init; } = new('x', 300);
}

#pragma warning disable CA1852 // The cluster engine derives from it, where it is built in.
internal class BenchGrain(IActivation<BenchState> self) : IBenchGrain
#pragma warning restore CA1852
{
    public Task<int> EchoAsync(int value) => Task.FromResult(value);

    public async Task AskAsync(string other, int times)
    {
        var grain = self.Grains.Get<IBenchGrain>(other);
        for (var i = 0; i < times; i++)
            await grain.EchoAsync(i);
    }

    public Task SaveAsync() => self.SaveAsync(self.State with { Count = self.State.Count + 1 });

    public Task AppendAsync() => self.Journal<BenchState>("rows").AppendAsync(self.State);
}
