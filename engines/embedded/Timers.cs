namespace Lucid.Engine.Embedded;

internal static class Timers
{
    /// <summary>
    /// A timer that rings once and carries nothing of the code that set it: what it starts is the root of its own chain of calls.
    /// </summary>
    public static ITimer Create(TimeProvider clock, TimerCallback callback, object state, TimeSpan due)
    {
        if (ExecutionContext.IsFlowSuppressed())
            return clock.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan);
        using (ExecutionContext.SuppressFlow())
            return clock.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan);
    }
}
