using Lucid.Engine.Embedded.Calls;

namespace Lucid.Engine.Embedded;

/// <summary>
/// One <see cref="Lucid.GrainInterfaces.Engine.IActivation.Every"/>. The next ring is set when a tick has ended, so a slow tick never has
/// a second one queued behind it; the rhythm is kept, and rings that were missed are skipped.
/// </summary>
internal sealed class GrainTimer : IDisposable
{
    private readonly EmbeddedEngine _engine;
    private readonly Mailbox _mailbox;
    private readonly Activation _activation;
    private readonly TimeSpan _period;
    private readonly Func<CancellationToken, Task> _tick;
    private readonly ITimer _timer;

    // Elapsed time, not the time of day: a clock that is set back must not silence a grain.
    private long _next;
    private volatile bool _disposed;

    public GrainTimer(EmbeddedEngine engine, Mailbox mailbox, Activation activation, TimeSpan due, TimeSpan period, Func<CancellationToken, Task> tick)
    {
        _engine = engine;
        _mailbox = mailbox;
        _activation = activation;
        _period = period;
        _tick = tick;
        _next = engine.Runtime.Clock.GetTimestamp() + Ticks(due);
        _timer = Timers.Create(engine.Runtime.Clock, static timer => ((GrainTimer)timer!).Ring(), this, due);
    }

    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
        _activation.Forget(this);
    }

    private void Ring()
    {
        // A full mailbox costs this tick, not the timer.
        if (!_disposed && !_engine.SendRoot(_mailbox, new Tick(this)))
            SetNext();
    }

    private void SetNext()
    {
        if (_disposed || _period == Timeout.InfiniteTimeSpan)
            return;
        var now = _engine.Runtime.Clock.GetTimestamp();
        _next = Math.Max(now, _next + Ticks(_period));
        _timer.Change(_engine.Runtime.Clock.GetElapsedTime(now, _next), Timeout.InfiniteTimeSpan);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _engine.Runtime.Clock.TimestampFrequency);

    private sealed class Tick(GrainTimer timer) : Call
    {
        public override string Method => "tick";
        public override bool HasCaller => false;
        public override Activation OnlyFor => timer._activation;

        public override Task Invoke(object grain) =>
            timer._disposed ? Task.CompletedTask : timer._tick(timer._activation.Stopping);

        protected override void OnSucceeded() => timer.SetNext();

        protected override bool OnFailed(Exception exception)
        {
            timer.SetNext();
            return true;
        }
    }
}
