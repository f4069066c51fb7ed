namespace Lucid.Engine.Embedded.Testing;

/// <summary>
/// A clock that stands still until it is told to advance, and then rings its timers in the order of their time. Usable alone, with an
/// engine on threads, or as the clock of a <see cref="Simulation"/>.
/// </summary>
public sealed class VirtualClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(VirtualTimer Timer, long Ring), (DateTimeOffset Due, long Order)> _queue = new();
    private DateTimeOffset _now = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass, ringing on the calling thread whatever falls due, one time after the other.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var until = GetUtcNow() + time;
        while (RingNext(until))
        {
        }
        lock (_gate)
            _now = until;
    }

    /// <summary>Goes to the next timer and rings it, unless there is none until then.</summary>
    internal bool RingNext(DateTimeOffset until)
    {
        VirtualTimer? timer = null;
        lock (_gate)
        {
            while (timer is null)
            {
                if (!_queue.TryPeek(out var first, out var at) || at.Due > until)
                    return false;
                _queue.Dequeue();
                if (!first.Timer.IsSet(first.Ring))
                    continue;
                timer = first.Timer;
                _now = at.Due > _now ? at.Due : _now;
                timer.Rang();
            }
        }
        timer.Callback(timer.State);
        return true;
    }

    private sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        // Under the clock's gate. A queued ring counts only while it is still the last one that was set.
        private long _ring = -1;
        private TimeSpan _period;
        private bool _disposed;

        public TimerCallback Callback => callback;
        public object? State => state;
        public bool IsSet(long ring) => !_disposed && _ring == ring;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                    return false;
                _period = period;
                _ring = -1;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    Set(dueTime);
                return true;
            }
        }

        public void Rang()
        {
            _ring = -1;
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
                Set(_period);
        }

        public void Dispose()
        {
            lock (clock._gate)
                _disposed = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan due)
        {
            _ring = clock._order++;
            clock._queue.Enqueue((this, _ring), (clock._now + due, _ring));
        }
    }
}
