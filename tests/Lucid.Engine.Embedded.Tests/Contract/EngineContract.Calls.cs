using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Contract;

// Rows: methods, bytes, one at a time, circles, cancel and deadline, full mailbox.
public abstract partial class EngineContract
{
    private static Everything Sample => new(
        new Guid("0198c0de-0000-7000-8000-0123456789ab"), ulong.MaxValue, long.MinValue, TimeSpan.FromTicks(1),
        new DateTimeOffset(2030, 2, 3, 4, 5, 6, TimeSpan.Zero), Hash256.Of("root"u8), new byte[] { 0, 1, 255 }, Colour.Green,
        ["a", ""], ImmutableDictionary<string, int>.Empty.Add("x", 1), 0.1, null);

    [Fact]
    public Task Method_OfEveryForm_Answers() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        Assert.Equal(5, await Counter(engine, key).AddAsync(5));
        Assert.Equal(5, await Counter(engine, key).SavedAsync());
        await Counter(engine, key).ClearAsync();
        List<int> read = [];
        await foreach (var i in Gate(engine, key).CountAsync(3))
            read.Add(i);
        Assert.Equal([0, 1, 2], read);
    });

    [Fact]
    public Task Message_OfEveryType_ArrivesUnchanged() => RunAsync(async engine =>
    {
        var echo = engine.Grains.Get<IEchoGrain>(engine.NewKey());
        AssertSample(await echo.EchoAsync(Sample));
        Assert.Equal(new Circle(3), await echo.EchoAsync(new Circle(3)));
        Assert.Equal(new Square(4), await echo.EchoAsync(new Square(4)));
        Assert.Equal("\u0001\u0002"u8.ToArray(), await echo.BytesAsync(new byte[] { 1, 2 }));
        Assert.Empty(await echo.BytesAsync(default));
        Assert.Equal(Hash256.Of(Hash256.Zero.ToArray()), await echo.HashAsync(Hash256.Zero));
        Assert.Null(await echo.NoneAsync(null));
        var count = 0;
        await foreach (var message in echo.RepeatAsync(Sample, 3))
        {
            AssertSample(message);
            count++;
        }
        Assert.Equal(3, count);

        // A record compares a memory by where it lies, so that one is compared by its bytes.
        static void AssertSample(Everything actual)
        {
            var expected = Sample;
            Assert.Equal(expected.Bytes.ToArray(), actual.Bytes.ToArray());
            Assert.Equal(expected.Names, actual.Names.AsEnumerable());
            Assert.Equal(expected.Counts, actual.Counts);
            Assert.Equal(
                expected with { Bytes = default, Names = default, Counts = actual.Counts },
                actual with { Bytes = default, Names = default });
        }
    });

    [Fact]
    public Task Grain_BySameKey_IsOneAndByOtherKeyAnother() => RunAsync(async engine =>
    {
        var (a, b) = (engine.NewKey(), engine.NewKey());
        await Counter(engine, a).TouchAsync();
        Assert.Equal(2, await Counter(engine, a).TouchAsync());
        Assert.Equal(1, await Counter(engine, b).TouchAsync());
    });

    [Fact]
    public Task Calls_NotAwaited_NeverOverlap() => RunAsync(async engine =>
    {
        var gate = Gate(engine, engine.NewKey());
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gate.CrossAsync(3)));
        Assert.Equal(1, await gate.MostAtOnceAsync());
    });

    [Fact]
    public Task Calls_NotAwaited_AllHappen() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await Task.WhenAll(Enumerable.Range(1, 50).Select(i => counter.AddAsync(i)));
        Assert.Equal(50 * 51 / 2, await counter.SavedAsync());
    });

    [Fact]
    public Task Enumerator_BesideRunningTurn_IsNotHeldUp() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var turn = Gate(engine, key).PassAsync();
        await ReachedAsync(engine, $"{key}:in");
        var read = AnswerAsync(engine, SumAsync(Gate(engine, key).CountAsync(4)), "the enumerator");
        Assert.Equal(6, await read);
        Assert.False(turn.IsCompleted);
        Barriers.Reach($"{key}:out");
        Assert.Equal(1, await turn);
    });

    [Fact]
    public Task Enumerator_ThatFails_GivesWhatItHadAndThenTheException() => RunAsync(async engine =>
    {
        var read = 0;
        var failure = await Assert.ThrowsAsync<RefusedException>(async () =>
        {
            await foreach (var _ in Gate(engine, engine.NewKey()).CountAndBreakAsync(3))
                read++;
        });
        Assert.Equal(3, read);
        Assert.Equal(3, failure.Value);
    });

    [Fact]
    public Task Enumerator_LeftEarly_LeavesGrainUsable() => RunAsync(async engine =>
    {
        var gate = Gate(engine, engine.NewKey());
        await foreach (var i in gate.CountAsync(1_000))
        {
            if (i == 2)
                break;
        }
        Assert.Equal(0, await gate.PassedAsync());
    });

    [Fact]
    public Task Circle_OfTwo_IsNamed() => RunAsync(async engine =>
    {
        var (a, b) = (engine.NewKey(), engine.NewKey());
        var failure = await FailsAsync<CallCircleException>(engine, Relay(engine, a).PassOnAsync([b, a]));
        Assert.Equal($"relay/{a} → relay/{b} → relay/{a}", failure.Circle);
        Assert.Equal(b, await Relay(engine, a).PassOnAsync([b]));
    });

    [Fact]
    public Task Circle_ToItself_IsNamed() => RunAsync(async engine =>
    {
        var a = engine.NewKey();
        var failure = await FailsAsync<CallCircleException>(engine, Relay(engine, a).PassOnAsync([a]));
        Assert.Equal($"relay/{a} → relay/{a}", failure.Circle);
    });

    [Fact]
    public Task Circle_WithTail_ShowsOnlyTheCircle() => RunAsync(async engine =>
    {
        var (a, b, c) = (engine.NewKey(), engine.NewKey(), engine.NewKey());
        var failure = await FailsAsync<CallCircleException>(engine, Relay(engine, a).PassOnAsync([b, c, b]));
        Assert.Equal($"relay/{b} → relay/{c} → relay/{b}", failure.Circle);
    });

    [Fact]
    public Task Chain_AfterItsTurnEnded_IsNoCircle() => RunAsync(async engine =>
    {
        var (a, b) = (engine.NewKey(), engine.NewKey());
        await Relay(engine, a).PassOnLaterAsync([b, a]);
        Barriers.Reach($"{a}:later");
        await ReachedAsync(engine, $"{a}:passed");
    });

    [Fact]
    public Task Cancelled_BeforeTheCall_ToleratedByTheGrain() => RunAsync(async engine =>
    {
        var gate = Gate(engine, engine.NewKey());
        try
        {
            Assert.True(await gate.WasCancelledAsync(new CancellationToken(canceled: true)));
        }
        catch (OperationCanceledException)
        {
            // An engine may let the caller go at once.
        }
        Assert.False(await gate.WasCancelledAsync(CancellationToken.None));
    });

    [Fact]
    public Task Cancelled_DuringTheCall_ReachesTheGrain() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        using var cancel = new CancellationTokenSource();
        var call = Gate(engine, key).UntilCancelledAsync(cancel.Token);
        await ReachedAsync(engine, $"{key}:in");
        // CancelAsync would go through the thread pool, which a simulation has none of.
        cancel.Cancel();
        await ReachedAsync(engine, $"{key}:cancelled");
        try
        {
            Assert.True(await call);
        }
        catch (OperationCanceledException)
        {
            // An engine may let the caller go at once.
        }
        Assert.Equal(0, await Gate(engine, key).PassedAsync());
    });

    [Fact]
    public Task Deadline_Passed_CallerLeavesAndTurnFinishes() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var gate = Gate(engine, key);
        var call = gate.PassAsync();
        await ReachedAsync(engine, $"{key}:in");
        await engine.AdvanceAsync(engine.Deadline);
        var failure = await FailsAsync<CallDeadlineException>(engine, call);
        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
        Barriers.Reach($"{key}:out");
        Assert.Equal(1, await AnswerAsync(engine, gate.PassedAsync(), "the next call"));
    });

    [Fact]
    public Task Deadline_OfOneThatWaits_ReleasesItToo() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var gate = Gate(engine, key);
        var running = gate.PassAsync();
        await ReachedAsync(engine, $"{key}:in");
        await engine.AdvanceAsync(Short(engine));
        var waiting = gate.PassedAsync();
        await engine.AdvanceAsync(engine.Deadline - Short(engine));
        await FailsAsync<CallDeadlineException>(engine, running);
        Assert.False(waiting.IsCompleted);
        await engine.AdvanceAsync(Short(engine));
        await FailsAsync<CallDeadlineException>(engine, waiting);
        Barriers.Reach($"{key}:out");
    });

    [Fact]
    public Task Delay_OnTheGrainsClock_TakesTheEnginesTime() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var call = Gate(engine, key).SleepAsync(Short(engine));
        // Answered beside the turn, so the delay has been set by now.
        Assert.Equal(0, await SumAsync(Gate(engine, key).CountAsync(1)));
        Assert.False(call.IsCompleted);
        await engine.AdvanceAsync(Short(engine));
        await engine.SoonAsync(call, "the delay");
    });

    [Fact]
    public Task Mailbox_Full_SaysWhenToRetry() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var gate = Gate(engine, key);
        var running = gate.PassAsync();
        await ReachedAsync(engine, $"{key}:in");
        // One too many; which of them finds no room is open, since calls that are not awaited arrive in any order.
        var waiting = Enumerable.Range(0, engine.MailboxLimit + 1).Select(_ => gate.CrossAsync(0)).ToList();
        var refused = await AnswerAsync(engine, Task.WhenAny(waiting), "the refusal");
        var failure = await FailsAsync<MailboxFullException>(engine, refused);
        Assert.True(failure.RetryAfter > TimeSpan.Zero);
        waiting.Remove(refused);
        Assert.DoesNotContain(waiting, call => call.IsCompleted);
        Barriers.Reach($"{key}:out");
        await engine.SoonAsync(Task.WhenAll(waiting), "those that found room");
        await running;
        Assert.Equal(1, await gate.PassedAsync());
    });

    private static async Task<int> SumAsync(IAsyncEnumerable<int> numbers)
    {
        var sum = 0;
        await foreach (var number in numbers)
            sum += number;
        return sum;
    }
}
