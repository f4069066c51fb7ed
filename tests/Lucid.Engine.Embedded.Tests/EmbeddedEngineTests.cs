using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lucid.Engine.Contract;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Engine.Embedded.Tests;

public sealed class EmbeddedEngineTests
{
    [Fact]
    public void Host_SameContractOrName_IsRefused()
    {
        var engine = new EmbeddedEngine(new MemoryGrainStore()).Host<ICounterGrain, CounterGrain>("counter");
        Assert.Throws<InvalidOperationException>(() => engine.Host<ICounterGrain, CounterGrain>("other"));
        Assert.Throws<InvalidOperationException>(() => engine.Host<IGateGrain, GateGrain>("counter"));
        Assert.Throws<ArgumentException>(() => engine.Host<IGateGrain, GateGrain>("Gate"));
    }

    [Fact]
    public void Host_ContractAgainstTheRules_NamesTheMethod()
    {
        var engine = new EmbeddedEngine(new MemoryGrainStore());
        Assert.Contains("NowAsync", Assert.Throws<GrainContractException>(() => engine.Host<IVoidGrain, VoidGrain>("void")).Message, StringComparison.Ordinal);
        Assert.Contains("IActivation", Assert.Throws<GrainContractException>(() => engine.Host<ILoneGrain, LoneGrain>("lone")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_AfterStart_IsRefused()
    {
        await using var engine = await StartAsync();
        Assert.Throws<InvalidOperationException>(() => engine.Host<INeedyGrain, NeedyGrain>("needy"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.StartAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("new\nline")]
    [InlineData("ümlaut")]
    public void Get_BadKey_IsRefused(string key) =>
        Assert.Throws<ArgumentException>(() => new EmbeddedEngine(new MemoryGrainStore()).HostContract().Get<ICounterGrain>(key));

    [Fact]
    public void Get_ContractNobodyHosts_SaysWhatToAdd()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => new EmbeddedEngine(new MemoryGrainStore()).Get<ICounterGrain>("a"));
        Assert.Contains("Host<ICounterGrain", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_OutOfRange_AreAllReported()
    {
        var options = new EmbeddedEngineOptions { MailboxLimit = 0, Deadline = TimeSpan.Zero };
        var failure = Assert.Throws<InvalidOperationException>(() => new EmbeddedEngine(new MemoryGrainStore(), options));
        Assert.Contains("MailboxLimit", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Deadline", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_BeforeStartAndAfterStop_IsRefused()
    {
        var engine = new EmbeddedEngine(new MemoryGrainStore()).HostContract();
        await Assert.ThrowsAsync<EngineStoppedException>(() => engine.Get<ICounterGrain>("a").TouchAsync());
        await engine.StartAsync();
        await engine.Get<ICounterGrain>("a").TouchAsync();
        await engine.StopAsync();
        await engine.StopAsync();
        await Assert.ThrowsAsync<EngineStoppedException>(() => engine.Get<ICounterGrain>("a").TouchAsync());
    }

    [Fact]
    public async Task Services_OfTheHost_ReachTheGrain()
    {
        await using var services = new ServiceCollection().AddSingleton(new Greeting("hello")).BuildServiceProvider();
        await using var engine = new EmbeddedEngine(new MemoryGrainStore(), services: services).Host<INeedyGrain, NeedyGrain>("needy");
        await engine.StartAsync();
        Assert.Equal("hello a", await engine.Get<INeedyGrain>("a").GreetAsync());
    }

    [Fact]
    public async Task Services_Missing_AreNamedAtStart()
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        var engine = new EmbeddedEngine(new MemoryGrainStore(), services: services).Host<INeedyGrain, NeedyGrain>("needy");
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => engine.StartAsync());
        Assert.Contains(nameof(Greeting), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Idle_Grain_LeavesMemoryAndComesBack() => Simulate(async (simulation, engine) =>
    {
        var counter = engine.Get<ICounterGrain>("a");
        await counter.AddAsync(5);
        await counter.TouchAsync();
        await Task.Delay(engine.Options.IdleAfter * 0.9, simulation.Clock);
        Assert.Equal(2, await counter.TouchAsync());
        await Task.Delay(engine.Options.IdleAfter * 0.9, simulation.Clock);
        Assert.Equal(3, await counter.TouchAsync());
        await Task.Delay(engine.Options.IdleAfter * 1.1, simulation.Clock);
        Assert.Empty(engine.KindOf("counter")!.Mailboxes);
        Assert.Equal(1, await counter.TouchAsync());
        Assert.Equal(5, await counter.SavedAsync());
    });

    [Fact]
    public void Idle_GrainWithTimer_LeavesMemoryToo() => Simulate(async (simulation, engine) =>
    {
        await engine.Get<IClockGrain>("a").StartAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 0, null);
        await Task.Delay(engine.Options.IdleAfter * 1.1, simulation.Clock);
        Assert.Empty(engine.KindOf("clock")!.Mailboxes);
    });

    [Fact]
    public async Task Idle_WhileCallsArriveOnManyThreads_LosesNoSaveAndOverlapsNoTurn()
    {
        var clock = new VirtualClock();
        var options = new EmbeddedEngineOptions { IdleAfter = TimeSpan.FromSeconds(1), Deadline = TimeSpan.FromHours(1) };
        await using var engine = new EmbeddedEngine(new MemoryGrainStore(), options, runtime: EngineRuntime.ThreadPool(clock)).HostContract();
        await engine.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                // A state conflict here would mean that two activations of one grain were at work.
                await engine.Get<ICounterGrain>($"{i % 30}").AddAsync(1);
                await engine.Get<IGateGrain>($"{i % 30}").CrossAsync(2);
                if (worker == 0)
                    await engine.Get<ICounterGrain>($"{i % 30}").LeaveAsync();
                if (i % 5 == worker % 5)
                    clock.Advance(options.IdleAfter);
            }
        })));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(60, await engine.Get<ICounterGrain>($"{i}").SavedAsync());
            Assert.InRange(await engine.Get<IGateGrain>($"{i}").MostAtOnceAsync(), 0, 1);
        }
    }

    [Fact]
    public void Activation_ThatFails_FailsCallsAndEnumeratorsUntilItSucceeds() => Simulate(async (_, engine) =>
    {
        var grain = engine.Get<IFragileGrain>("a");
        FragileGrain.Failing["a"] = true;
        var call = grain.NowAsync();
        var read = ReadAsync(grain);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        await Assert.ThrowsAsync<InvalidOperationException>(() => read);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(grain));
        FragileGrain.Failing["a"] = false;
        Assert.Equal(1, await ReadAsync(grain));
        Assert.Equal(1, await grain.NowAsync());
    });

    [Fact]
    public void Save_ThatFails_DropsTheActivationEvenIfTheGrainSaysNothing() => SimulateWithStore(async (_, engine, store) =>
    {
        var counter = engine.Get<ICounterGrain>("a");
        await counter.AddAsync(1);
        await counter.TouchAsync();
        store.BeforeWrite = _ => throw new GrainStoreException("The disk is full.");
        await Assert.ThrowsAsync<GrainStoreException>(() => counter.AddAsync(10));
        store.BeforeWrite = null;
        Assert.Equal(1, await counter.TouchAsync());
        Assert.Equal(1, await counter.SavedAsync());
        Assert.Equal(3, await counter.AddAsync(2));
    });

    [Fact]
    public void Stop_WithRunningTurn_LetsItAndItsCallsFinish() => Simulate(async (_, engine) =>
    {
        var turn = engine.Get<IGateGrain>("stop-1").PassAsync();
        var waiting = engine.Get<IGateGrain>("stop-1").CrossAsync(2);
        await engine.Get<IRelayGrain>("a").PassOnLaterAsync(["b"]);
        var stopping = engine.StopAsync();
        await Assert.ThrowsAsync<EngineStoppedException>(() => engine.Get<ICounterGrain>("a").TouchAsync());
        Assert.False(stopping.IsCompleted);
        Barriers.Reach("stop-1:out");
        Assert.Equal(1, await turn);
        await waiting;
        await stopping;
    });

    [Fact]
    public void Stop_ChainThatCallsOn_IsServedUntilItEnds() => Simulate(async (_, engine) =>
    {
        var chain = engine.Get<IRelayGrain>("a").PassOnAsync(["b", "c", "d", "e"]);
        await engine.StopAsync();
        Assert.Equal("e", await chain);
    });

    [Fact]
    public void Stop_TurnThatNeverEnds_IsLeftAfterTheBound() => Simulate(async (simulation, engine) =>
    {
        var before = simulation.Clock.GetUtcNow();
        var turn = engine.Get<IGateGrain>("stop-2").PassAsync();
        await engine.StopAsync();
        Assert.Equal(engine.Options.Drain, simulation.Clock.GetUtcNow() - before);
        await Assert.ThrowsAsync<EngineStoppedException>(() => turn);
        // Let on now, it would still do something if anything of it ran any more.
        Barriers.Reach("stop-2:out");
        await Task.Delay(TimeSpan.FromMinutes(1), simulation.Clock);
    });

    [Fact]
    public void Stop_TimersAndReminders_RingNoMore() => SimulateWithStore(async (simulation, engine, store) =>
    {
        await engine.Get<IClockGrain>("quiet").RemindAsync("wake", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await engine.Get<IClockGrain>("quiet").StartAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 0, null);
        await engine.StopAsync();
        await Task.Delay(TimeSpan.FromHours(1), simulation.Clock);
        Assert.Equal(0, (await store.ReadAsync(new GrainId("clock", "quiet"))).Version);
    });

    [Fact]
    public void Reminder_MissedManyTimes_RingsOnceAtStart() => SimulateWithStore(async (simulation, engine, store) =>
    {
        await engine.Get<IClockGrain>("a").RemindAsync("wake", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        await engine.StopAsync();
        await Task.Delay(TimeSpan.FromMinutes(45), simulation.Clock);
        var next = simulation.Engine(store).HostContract();
        await next.StartAsync();
        await Task.Delay(TimeSpan.FromMinutes(1), simulation.Clock);
        Assert.Equal(1, await next.Get<IClockGrain>("a").RemindedAsync());
        // The rhythm is that of before: 1, 11, 21, 31, 41, 51 minutes.
        await Task.Delay(TimeSpan.FromMinutes(4), simulation.Clock);
        Assert.Equal(1, await next.Get<IClockGrain>("a").RemindedAsync());
        await Task.Delay(TimeSpan.FromMinutes(2), simulation.Clock);
        Assert.Equal(2, await next.Get<IClockGrain>("a").RemindedAsync());
    });

    [Fact]
    public void Reminder_RangBeforeRestart_DoesNotRingEarlyAfter() => SimulateWithStore(async (simulation, engine, store) =>
    {
        await engine.Get<IClockGrain>("a").RemindAsync("wake", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        await Task.Delay(TimeSpan.FromMinutes(2), simulation.Clock);
        engine.Kill();
        var next = simulation.Engine(store).HostContract();
        await next.StartAsync();
        await Task.Delay(TimeSpan.FromMinutes(1), simulation.Clock);
        Assert.Equal(1, await next.Get<IClockGrain>("a").RemindedAsync());
    });

    [Fact]
    public void Reminder_OfClassNoLongerHosted_HarmsNobody() => SimulateWithStore(async (simulation, engine, store) =>
    {
        await engine.Get<IClockGrain>("a").RemindAsync("wake", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        engine.Kill();
        var without = simulation.Engine(store).Host<ICounterGrain, CounterGrain>("counter");
        await without.StartAsync();
        await Task.Delay(TimeSpan.FromHours(1), simulation.Clock);
        await without.StopAsync();
        Assert.Single(await store.ReadRemindersAsync());
    });

    [Fact]
    public void Kill_MidTurn_RunsNothingMore() => SimulateWithStore(async (simulation, engine, store) =>
    {
        var call = engine.Get<IGateGrain>("killed").SleepAsync(TimeSpan.FromSeconds(1));
        var add = engine.Get<ICounterGrain>("a").AddAsync(1);
        engine.Kill();
        await Assert.ThrowsAsync<EngineStoppedException>(() => call);
        await Assert.ThrowsAsync<EngineStoppedException>(() => add);
        await Task.Delay(TimeSpan.FromMinutes(1), simulation.Clock);
        Assert.Equal(0, (await store.ReadAsync(new GrainId("counter", "a"))).Version);
    });

    [Fact]
    public async Task Metrics_OfCallsAndFailures_AreCounted()
    {
        // A name of its own, since the meter is everybody's.
        await using var engine = new EmbeddedEngine(new MemoryGrainStore()).Host<ICounterGrain, CounterGrain>("metered");
        Dictionary<string, double> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == EngineTelemetry.Name)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Count(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Count(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Count(i, 1, tags));
        listener.Start();
        await engine.StartAsync();
        await engine.Get<ICounterGrain>("a").AddAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Get<ICounterGrain>("a").BreakAsync());
        await engine.Get<ICounterGrain>("a").TouchAsync();
        listener.RecordObservableInstruments();
        Assert.Equal(3, seen["lucid.engine.calls"]);
        Assert.Equal(3, seen["lucid.engine.call.duration"]);
        Assert.Equal(1, seen["lucid.engine.saves"]);
        Assert.Equal(1, seen["lucid.engine.failures"]);
        Assert.Equal(1, seen["lucid.engine.activations"]);
        Assert.Equal(0, seen["lucid.engine.mailbox.depth"]);

        void Count(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (key, tag) in tags)
            {
                if (key == "grain" && tag is "metered")
                {
                    lock (seen)
                        seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
                }
            }
        }
    }

    [Fact]
    public async Task Traces_OfACall_HangBelowTheCaller()
    {
        await using var engine = new EmbeddedEngine(new MemoryGrainStore()).Host<IRelayGrain, RelayGrain>("traced");
        List<Activity> ended = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is EngineTelemetry.Name or "test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (ended)
                    ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        await engine.StartAsync();
        ActivityTraceId trace;
        using (var outer = source.StartActivity("outer"))
        {
            trace = outer!.TraceId;
            await engine.Get<IRelayGrain>("a").PassOnAsync(["b"]);
        }
        lock (ended)
        {
            var mine = ended.Where(activity => activity.TraceId == trace).ToList();
            var (a, b, root) = (Of("a"), Of("b"), mine.Single(activity => activity.OperationName == "outer"));
            Assert.Equal("traced.PassOnAsync", a.OperationName);
            Assert.Equal(root.SpanId, a.ParentSpanId);
            Assert.Equal(a.SpanId, b.ParentSpanId);

            Activity Of(string key) => mine.Single(activity => (string?)activity.GetTagItem("lucid.key") == key);
        }
    }

    private static async Task<int> ReadAsync(IFragileGrain grain)
    {
        var count = 0;
        await foreach (var _ in grain.ReadAsync())
            count++;
        return count;
    }

    private static async Task<EmbeddedEngine> StartAsync()
    {
        var engine = new EmbeddedEngine(new MemoryGrainStore()).HostContract();
        await engine.StartAsync();
        return engine;
    }

    private static void Simulate(Func<Simulation, EmbeddedEngine, Task> test) =>
        SimulateWithStore((simulation, engine, _) => test(simulation, engine));

    private static void SimulateWithStore(Func<Simulation, EmbeddedEngine, MemoryGrainStore, Task> test)
    {
        var simulation = new Simulation(3);
        var store = new MemoryGrainStore();
        var engine = simulation.Engine(store).HostContract().Host<IFragileGrain, FragileGrain>("fragile");
        simulation.Run(async () =>
        {
            await engine.StartAsync();
            await test(simulation, engine, store);
        });
    }
}

public sealed record Greeting(string Text);

public interface INeedyGrain : IGrain { Task<string> GreetAsync(); }

public sealed class NeedyGrain(IActivation self, Greeting greeting) : INeedyGrain
{
    public Task<string> GreetAsync() => Task.FromResult($"{greeting.Text} {self.Key}");
}

public interface IVoidGrain : IGrain { void NowAsync(); }

public sealed class VoidGrain(IActivation self) : IVoidGrain
{
    public void NowAsync() => self.Deactivate();
}

public interface ILoneGrain : IGrain { Task NowAsync(); }

public sealed class LoneGrain : ILoneGrain
{
    public Task NowAsync() => Task.CompletedTask;
}

public interface IFragileGrain : IGrain
{
    Task<int> NowAsync();
    IAsyncEnumerable<int> ReadAsync();
}

public sealed class FragileGrain(IActivation self) : IFragileGrain, IActivated
{
    public static readonly Dictionary<string, bool> Failing = new(StringComparer.Ordinal);

    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        if (Failing[self.Key])
            throw new InvalidOperationException("It does not come up.");
    }

    public Task<int> NowAsync() => Task.FromResult(1);

    public async IAsyncEnumerable<int> ReadAsync()
    {
        await Task.Yield();
        yield return 1;
    }
}
