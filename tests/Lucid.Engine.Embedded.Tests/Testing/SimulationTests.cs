using Lucid.Engine.Contract;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Tests.Testing;

public sealed class SimulationTests
{
    [Fact]
    public void ThousandGrains_SameSeed_RunTheSameWay()
    {
        var first = Record(7);
        var second = Record(7);
        Assert.Equal(first.Log, second.Log);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(first.Ended, second.Ended);
        Assert.True(first.Log.Count >= 3_000, $"Only {first.Log.Count} events were recorded.");
    }

    [Fact]
    public void ThousandGrains_OtherSeed_RunAnotherWay()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Simulation.SeedVariable) is not null, "The seed is given.");
        Assert.NotEqual(Record(7).Log, Record(8).Log);
    }

    [Fact]
    public void Hour_OfVirtualTime_TakesNone()
    {
        var simulation = new Simulation(1);
        var start = simulation.Clock.GetUtcNow();
        simulation.Run(() => Task.Delay(TimeSpan.FromHours(1), simulation.Clock));
        Assert.Equal(TimeSpan.FromHours(1), simulation.Clock.GetUtcNow() - start);
    }

    [Fact]
    public void StuckRun_OnAGrain_NamesItAndTheSeed()
    {
        var (simulation, engine) = Start(5);
        var failure = Assert.Throws<SimulationException>(() => simulation.Run(async () =>
        {
            await engine.StartAsync();
            // Its caller leaves at the deadline; the turn itself never ends, and the run waits for another call behind it.
            await Assert.ThrowsAsync<CallDeadlineException>(() => engine.Get<IGateGrain>("stuck").PassAsync());
            await new TaskCompletionSource().Task;
        }));
        Assert.Contains("gate/stuck.PassAsync", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"LUCID_SEED={simulation.Seed}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StuckRun_OnNoGrain_SaysSo()
    {
        var failure = Assert.Throws<SimulationException>(() => new Simulation(1).Run(() => new TaskCompletionSource().Task));
        Assert.Contains("something else", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BeyondItsLimit_Ends()
    {
        var simulation = new Simulation(1);
        Assert.Throws<SimulationException>(() =>
            simulation.Run(() => Task.Delay(TimeSpan.FromMinutes(2), simulation.Clock), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Run_ThatNeverWaits_EndsAtTheStepLimit()
    {
        var simulation = new Simulation(1) { StepLimit = 1_000 };
        Assert.Throws<SimulationException>(() => simulation.Run(async () =>
        {
            while (true)
                await Task.Yield();
        }));
    }

    [Fact]
    public void Run_LeftToTheThreadPool_IsRefused()
    {
        var simulation = new Simulation(1);
        var failure = Assert.Throws<SimulationException>(() => simulation.Run(async () =>
        {
            var elsewhere = Task.Run(() => { });
            while (!elsewhere.IsCompleted)
                await Task.Yield();
            // The continuation of this one is posted by the thread that completes it, which is not ours.
            using var left = new ManualResetEventSlim();
            var later = Task.Run(left.Wait);
            var back = WaitForAsync(later);
            left.Set();
            await Task.Delay(TimeSpan.FromHours(1), simulation.Clock);
            while (!back.IsCompleted)
                await Task.Yield();
        }, TimeSpan.FromDays(1)));
        Assert.Contains("another thread", failure.Message, StringComparison.Ordinal);

        static async Task WaitForAsync(Task task) => await task;
    }

    [Fact]
    public void FailingBody_Thrown_CarriesTheSeed()
    {
        var simulation = new Simulation(1);
        var failure = Assert.Throws<RefusedException>(() => simulation.Run(() => throw new RefusedException("it may")));
        Assert.Equal(simulation.Seed, failure.Data["lucid_seed"]);
    }

    private static (Simulation, EmbeddedEngine) Start(int seed)
    {
        var simulation = new Simulation(seed);
        return (simulation, simulation.Engine(new MemoryGrainStore()).HostContract());
    }

    // A thousand grains that save, call each other, sleep and tell; the log is the order in which their calls came back.
    private static (List<string> Log, long Steps, DateTimeOffset Ended) Record(int seed)
    {
        var (simulation, engine) = Start(seed);
        List<string> log = [];
        simulation.Run(async () =>
        {
            await engine.StartAsync();
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async i =>
            {
                await engine.Get<ICounterGrain>($"{i % 300}").AddAsync(i);
                log.Add($"{i} added at {simulation.Clock.GetTimestamp()}");
                await engine.Get<IRelayGrain>($"{i}").PassOnAsync([$"{i + 1}", $"{i + 2}"]);
                log.Add($"{i} passed");
                await Task.Delay(TimeSpan.FromMilliseconds(i % 17), simulation.Clock);
                await engine.Get<IListenerGrain>($"{i}").TellAsync($"{i % 10}", $"{i}");
                await engine.Get<IClockGrain>($"{i}").RemindAsync("wake", TimeSpan.FromSeconds(i % 50), TimeSpan.FromMinutes(2));
                log.Add($"{i} told");
            }));
            await Task.Delay(TimeSpan.FromMinutes(5), simulation.Clock);
            for (var i = 0; i < 10; i++)
                log.Add(string.Join(',', await engine.Get<IListenerGrain>($"{i}").HeardAsync()));
            await engine.StopAsync();
        });
        return (log, simulation.Steps, simulation.Clock.GetUtcNow());
    }
}
