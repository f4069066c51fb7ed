namespace Lucid.Engine.Contract;

// Rows: streams, time; reminders and timers.
public abstract partial class EngineContract
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    [Fact]
    public Task Stream_Published_ReachesEveryClassWithThatKey() => RunAsync(async engine =>
    {
        var (teller, key, other) = (engine.NewKey(), engine.NewKey(), engine.NewKey());
        await engine.Grains.Get<IListenerGrain>(teller).TellAsync(key, "hello");
        await ReachedAsync(engine, $"{key}:heard");
        await ReachedAsync(engine, $"{key}:overheard");
        Assert.Equal(["hello"], (IEnumerable<string>)await engine.Grains.Get<IListenerGrain>(key).HeardAsync());
        Assert.Equal(["hello"], (IEnumerable<string>)await engine.Grains.Get<IEavesdropperGrain>(key).HeardAsync());
        Assert.Empty(await engine.Grains.Get<IListenerGrain>(other).HeardAsync());
    });

    [Fact]
    public Task Stream_ToThePublisherItself_IsNoCircle() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        await engine.Grains.Get<IListenerGrain>(key).TellAsync(key, "echo");
        await ReachedAsync(engine, $"{key}:heard");
        Assert.Equal(["echo"], (IEnumerable<string>)await engine.Grains.Get<IListenerGrain>(key).HeardAsync());
    });

    [Fact]
    public Task Stream_HandlerThatFails_HarmsNeitherPublisherNorOthers() => RunAsync(async engine =>
    {
        var (teller, key) = (engine.NewKey(), engine.NewKey());
        await engine.Grains.Get<IListenerGrain>(teller).TellAsync(key, "break");
        await ReachedAsync(engine, $"{key}:overheard");
        await engine.Grains.Get<IListenerGrain>(teller).TellAsync(key, "after");
        await ReachedAsync(engine, $"{key}:heard");
    });

    [Fact]
    public Task Reminder_Due_RingsAgainAndAgainUntilForgotten() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var clock = engine.Grains.Get<IClockGrain>(key);
        await clock.RemindAsync("wake", Period / 2, Period);
        await engine.AdvanceAsync(Period / 2);
        await ReachedAsync(engine, $"{key}:reminded");
        // Answered after the turn of the first ring, which sets the next one as it ends.
        Assert.Equal(1, await clock.RemindedAsync());
        await engine.AdvanceAsync(Period);
        await ReachedAsync(engine, $"{key}:reminded");
        Assert.Equal(2, await clock.RemindedAsync());
        await clock.ForgetAsync("wake");
        await clock.ForgetAsync("never set");
        await engine.AdvanceAsync(Period * 3);
        Assert.Equal(2, await clock.RemindedAsync());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Reminder_SetBeforeTheEngineEnded_RingsAfter(bool kill) => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        await engine.Grains.Get<IClockGrain>(key).RemindAsync("wake", Period, Period);
        await engine.RestartAsync(kill);
        await engine.AdvanceAsync(Period);
        await ReachedAsync(engine, $"{key}:reminded");
        Assert.Equal(1, await engine.Grains.Get<IClockGrain>(key).RemindedAsync());
    });

    [Fact]
    public Task Reminder_UnderAMinute_IsRefused() => RunAsync(async engine =>
    {
        var clock = engine.Grains.Get<IClockGrain>(engine.NewKey());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => clock.RemindAsync("wake", TimeSpan.Zero, Period - TimeSpan.FromTicks(1)));
    });

    [Fact]
    public Task Timer_Set_TicksUntilDisposed() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var clock = engine.Grains.Get<IClockGrain>(key);
        await clock.StartAsync(Short(engine), Short(engine), failing: 0, relay: null);
        for (var i = 0; i < 3; i++)
        {
            await engine.AdvanceAsync(Short(engine));
            await ReachedAsync(engine, $"{key}:tick");
            Assert.Equal(i + 1, await clock.TicksAsync());
        }
        await clock.StopAsync();
        await engine.AdvanceAsync(Short(engine) * 3);
        Assert.Equal(3, await clock.TicksAsync());
    });

    [Fact]
    public Task Timer_TickThatFails_IsFollowedByTheNext() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var clock = engine.Grains.Get<IClockGrain>(key);
        await clock.StartAsync(TimeSpan.Zero, Short(engine), failing: 1, relay: null);
        await engine.AdvanceAsync(TimeSpan.Zero);
        await ReachedAsync(engine, $"{key}:tick");
        // The next ring is set when the tick has ended, and a call that is answered after it sees that.
        Assert.Equal(1, await clock.TicksAsync());
        await engine.AdvanceAsync(Short(engine));
        await ReachedAsync(engine, $"{key}:tick");
        Assert.Equal(2, await clock.TicksAsync());
    });

    [Fact]
    public Task Timer_SetWithinAChain_IsTheRootOfItsOwn() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        // The tick calls a grain; were it still part of the chain that set it, this could read as a circle.
        await engine.Grains.Get<IClockGrain>(key).StartAsync(Short(engine), Timeout.InfiniteTimeSpan, failing: 0, relay: key);
        await engine.AdvanceAsync(Short(engine));
        await ReachedAsync(engine, $"{key}:tick");
    });

    [Fact]
    public Task Timer_AfterItsActivationWasDropped_IsSilent() => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var clock = engine.Grains.Get<IClockGrain>(key);
        await clock.StartAsync(Short(engine), Short(engine), failing: 0, relay: null);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => clock.RemindAsync("", TimeSpan.Zero, TimeSpan.Zero));
        await engine.AdvanceAsync(Short(engine) * 3);
        Assert.Equal(0, await clock.TicksAsync());
    });
}
