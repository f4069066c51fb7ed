namespace Lucid.Engine.Contract;

/// <summary>
/// What both engines promise: a test, or several, per row of the table in design 3.1. Each engine derives one class per way of running
/// and gives it a fixture. Split by row over the files EngineContract.*.cs.
/// </summary>
public abstract partial class EngineContract
{
    protected abstract Task<IEngineFixture> StartAsync();

    /// <summary>A tenth of what a waiting caller has: time that may pass without a deadline.</summary>
    private static TimeSpan Short(IEngineFixture engine) => engine.Deadline / 10;

    private async Task RunAsync(Func<IEngineFixture, Task> test)
    {
        var engine = await StartAsync();
        await using (engine)
            await engine.RunAsync(() => test(engine));
    }

    private static Task ReachedAsync(IEngineFixture engine, string point, int times = 1) =>
        engine.SoonAsync(Barriers.WaitAsync(point, times), point);

    /// <summary>Waits for a call that must not hang.</summary>
    private static async Task<T> AnswerAsync<T>(IEngineFixture engine, Task<T> call, string what)
    {
        await engine.SoonAsync(call, what);
        return await call;
    }

    private static async Task<TException> FailsAsync<TException>(IEngineFixture engine, Task call) where TException : Exception
    {
        await engine.SoonAsync(Task.WhenAny(call), typeof(TException).Name);
        return await Assert.ThrowsAnyAsync<TException>(() => call);
    }

    private static ICounterGrain Counter(IEngineFixture engine, string key) => engine.Grains.Get<ICounterGrain>(key);
    private static IGateGrain Gate(IEngineFixture engine, string key) => engine.Grains.Get<IGateGrain>(key);
    private static IRelayGrain Relay(IEngineFixture engine, string key) => engine.Grains.Get<IRelayGrain>(key);
}
