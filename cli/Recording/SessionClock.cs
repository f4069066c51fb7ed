namespace Lucid.Cli.Recording;

/// <summary>Time in ms since a session's start. Goes forward only, however the wall clock is set meanwhile.</summary>
/// <param name="elapsed">What had gone by when this clock was made: zero for a new session.</param>
internal sealed class SessionClock(TimeProvider clock, TimeSpan elapsed)
{
    private readonly long _made = clock.GetTimestamp();

    public TimeSpan Elapsed => elapsed + clock.GetElapsedTime(_made);

    public long NowMs => (long)Elapsed.TotalMilliseconds;
}
