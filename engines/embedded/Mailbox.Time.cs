using Lucid.Engine.Embedded.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

internal sealed partial class Mailbox
{
    // Deadlines and idleness share one timer per grain, set to the earliest of them and moved only when a call needs it earlier: this
    // keeps timers off the path of a call. Under the gate.
    private void CheckBy(long timestamp)
    {
        if (timestamp >= _nextCheck)
            return;
        _nextCheck = timestamp;
        var wait = Math.Max(0, timestamp - _clock.GetTimestamp());
        // Rounded up: a timer that rings early would ring again at once.
        var due = new TimeSpan((long)Math.Ceiling(wait * ((double)TimeSpan.TicksPerSecond / _clock.TimestampFrequency)));
        if (_timer is null)
            _timer = Timers.Create(_clock, static mailbox => ((Mailbox)mailbox!).Check(), this, due);
        else
            _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void Check()
    {
        HashSet<Call> late = [];
        var closed = false;
        lock (_gate)
        {
            if (_closed)
                return;
            var now = _clock.GetTimestamp();
            _nextCheck = long.MaxValue;
            var next = long.MaxValue;
            Look(_running);
            foreach (var call in _beside)
                Look(call);
            foreach (var call in _waiting)
                Look(call);
            for (var i = late.Count == 0 ? 0 : _waiting.Count; i > 0; i--)
            {
                if (_waiting.Dequeue() is var call && !late.Contains(call))
                    _waiting.Enqueue(call);
            }
            if (IsIdle && now - _lastUse >= _engine.IdleTicks)
                closed = _closed = true;
            else
                CheckBy(Math.Min(next, Math.Max(_lastUse + _engine.IdleTicks, now + _engine.DeadlineTicks)));

            void Look(Call? call)
            {
                if (call is null || call.Deadline == long.MaxValue)
                    return;
                if (call.Deadline > now)
                {
                    next = Math.Min(next, call.Deadline);
                    return;
                }
                call.Deadline = long.MaxValue;
                late.Add(call);
            }
        }
        foreach (var call in late)
        {
            EngineTelemetry.Failed(Id.Name, "deadline");
            _engine.Log.LogWarning("{Grain}.{Method} gave no answer within {Deadline}; its caller left", Id, call.Method, _engine.Options.Deadline);
            call.LetCallerGo(new CallDeadlineException(Id.ToString(), call.Method, _engine.Options.Deadline));
        }
        if (!closed)
            return;
        _kind.Forget(this);
        _timer?.Dispose();
        _activation?.Drop();
        _activation = null;
    }
}
