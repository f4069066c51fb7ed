using Lucid.Engine.Embedded.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

/// <summary>
/// One grain's place in the engine: the calls that wait for it, and the synchronization context on which everything of it runs, one step
/// at a time. The activation inside comes and goes; the mailbox closes once it has been idle.
/// </summary>
internal sealed class Mailbox : SynchronizationContext, IThreadPoolWorkItem
{
    private readonly EmbeddedEngine _engine;
    private readonly GrainKind _kind;
    private readonly TimeProvider _clock;

    private readonly Lock _gate = new();

    // Under the gate.
    private readonly Queue<(SendOrPostCallback Step, object? State)> _steps = new();
    private readonly Queue<Call> _waiting = new();
    private readonly List<Call> _beside = [];
    private readonly List<Call> _parked = [];
    private Call? _running;
    private ITimer? _timer;
    private long _nextCheck = long.MaxValue;
    private long _lastUse;
    private bool _scheduled;
    private bool _closed;
    private TaskCompletionSource? _idle;

    // Owned by the mailbox's own steps.
    private Activation? _activation;

    public Mailbox(EmbeddedEngine engine, GrainKind kind, string key)
    {
        _engine = engine;
        _kind = kind;
        _clock = engine.Runtime.Clock;
        Id = new GrainId(kind.Name, key);
    }

    public enum Admission { Accepted, Full, Closed }

    public GrainId Id { get; }
    public bool IsActive => _activation is not null;
    public override string ToString() => Id.ToString();

    public int Depth
    {
        get { lock (_gate) return _waiting.Count; }
    }

    /// <summary>For the report of a stuck run: what runs here, since when, and how many wait.</summary>
    public string? Describe()
    {
        lock (_gate)
        {
            if (_running is null && _waiting.Count == 0)
                return null;
            var since = _running is null ? "" : $".{_running.Method} for {_clock.GetElapsedTime(_running.Arrived).TotalSeconds:0.###} s";
            return $"{Id}{since}{(_waiting.Count > 0 ? $", {_waiting.Count} waiting ({_waiting.Peek().Method} first)" : "")}";
        }
    }

    public Admission Post(Call call)
    {
        lock (_gate)
        {
            if (_closed)
                return Admission.Closed;
            if (_waiting.Count + _beside.Count >= _engine.Options.MailboxLimit)
                return Admission.Full;
            call.Target = this;
            call.Arrived = _clock.GetTimestamp();
            if (call.HasCaller)
                call.Deadline = call.Arrived + _engine.DeadlineTicks;
            if (call.Interleaves)
            {
                _beside.Add(call);
                StepBeside(call);
            }
            else
            {
                _waiting.Enqueue(call);
            }
            if (call.OnlyFor is null && _lastUse < call.Arrived)
                _lastUse = call.Arrived;
            CheckBy(Math.Min(call.Deadline, _lastUse + _engine.IdleTicks));
            if (_scheduled)
                return Admission.Accepted;
            _scheduled = true;
        }
        _engine.Runtime.Queue(this);
        return Admission.Accepted;
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
        {
            if (_engine.IsDead)
                return;
            _steps.Enqueue((d, state));
            if (_scheduled)
                return;
            _scheduled = true;
        }
        _engine.Runtime.Queue(this);
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A grain never waits for a step of its own; post it.");

    public override SynchronizationContext CreateCopy() => this;

    void IThreadPoolWorkItem.Execute()
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            for (var i = 0; i < _engine.Runtime.StepsInARow; i++)
            {
                if (!RunNext())
                    return;
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }
        _engine.Runtime.Queue(this);
    }

    /// <summary>Ends when nothing runs and nothing waits here.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (IsIdle)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(_engine.Runtime.Promise);
            return _idle.Task;
        }
    }

    /// <summary>The engine is dead: nothing runs here again, and whoever waits is told.</summary>
    public void Abandon()
    {
        List<Call> left;
        lock (_gate)
        {
            _closed = true;
            _timer?.Dispose();
            left = [.. _waiting, .. _beside];
            if (_running is not null)
                left.Add(_running);
            _waiting.Clear();
            _beside.Clear();
            _steps.Clear();
            _running = null;
        }
        _activation?.Drop();
        foreach (var call in left)
            call.Fail(new EngineStoppedException());
    }

    private bool IsIdle => !_scheduled && _running is null && _waiting.Count == 0 && _beside.Count == 0 && _steps.Count == 0;

    private bool RunNext()
    {
        (SendOrPostCallback Step, object? State) step = default;
        Call? call = null;
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (_engine.IsDead || (!_steps.TryDequeue(out step) && !TryTake(out call)))
            {
                _scheduled = false;
                if (IsIdle)
                    (idle, _idle) = (_idle, null);
                if (idle is null)
                    return false;
            }
        }
        if (idle is not null)
        {
            idle.TrySetResult();
            return false;
        }
        if (call is not null)
            Start(call);
        else
            Run(step.Step!, step.State);
        return true;
    }

    private bool TryTake(out Call? call)
    {
        call = null;
        if (_running is not null || _waiting.Count == 0)
            return false;
        if (_engine.ShuffleIndex(_waiting.Count) is var skip and > 0)
        {
            for (; skip > 0; skip--)
                _waiting.Enqueue(_waiting.Dequeue());
        }
        _running = call = _waiting.Dequeue();
        return true;
    }

    private void Run(SendOrPostCallback step, object? state)
    {
        try
        {
            step(state);
        }
        catch (Exception e)
        {
            // Only an async void method gets here. It belongs to no call, so nobody else can be told.
            _engine.Log.LogError(e, "{Grain} failed outside of a call and is dropped", Id);
            if (_activation is { } activation)
                activation.Broken = true;
            DropIfDue(null);
        }
    }

    private void Start(Call call)
    {
        if (call.OnlyFor is { } only && only != _activation)
        {
            Finish(call, Task.CompletedTask);
            return;
        }
        Begin(call);
    }

    private void StartBeside(Call call)
    {
        if (_activation is null)
        {
            // It waits beside the turn that brings the grain to life, and where none is on its way, for one of its own.
            lock (_gate)
            {
                _parked.Add(call);
                if (_running is null && _waiting.Count == 0)
                    _waiting.Enqueue(new RootCall("activate", static _ => Task.CompletedTask) { Target = this, Arrived = call.Arrived });
            }
            return;
        }
        Begin(call);
    }

    // Under the gate.
    private void StepBeside(Call call) => _steps.Enqueue((static state => ((Call)state!).Target!.StartBeside((Call)state!), call));

    // Under the gate.
    private void Unpark()
    {
        _parked.ForEach(StepBeside);
        _parked.Clear();
    }

    // The hook posts back to this context, so that the end of a turn is a step of the grain too.
    private void Begin(Call call)
    {
        Call.Current = call;
        call.Activity = EmbeddedEngine.StartActivity(call);
        Task turn;
        try
        {
            turn = _activation is { } activation ? call.Turn = call.Invoke(activation.Grain) : ActivateAsync(call);
        }
        catch (Exception e)
        {
            turn = Task.FromException(e);
        }
        if (turn.IsCompleted)
            Finish(call, turn);
        else
            turn.GetAwaiter().UnsafeOnCompleted(() => Finish(call, turn));
        Call.Current = null;
    }

    private async Task ActivateAsync(Call call)
    {
        var activation = _kind.CreateActivation(_engine, this);
        try
        {
            await activation.StartAsync();
        }
        catch
        {
            activation.Drop();
            throw;
        }
        _activation = activation;
        lock (_gate)
            Unpark();
        await (call.Turn = call.Invoke(activation.Grain));
    }

    private void Finish(Call call, Task turn)
    {
        var failure = turn.IsCompletedSuccessfully ? null
            : turn.IsCanceled ? new TaskCanceledException(turn)
            : turn.Exception!.InnerException!;
        if (failure is not null and not GrainException)
            Blame(call, failure);
        DropIfDue(call);
        List<Call>? lost = null;
        lock (_gate)
        {
            if (_running == call)
                _running = null;
            else
                _beside.Remove(call);
            if (failure is not null && _activation is null && _parked.Count > 0)
            {
                // What brought the grain to life failed, and with it all that waited for that.
                lost = [.. _parked];
                _beside.RemoveAll(lost.Contains);
                _parked.Clear();
            }
            Unpark();
            if (call.OnlyFor is null)
                _lastUse = _clock.GetTimestamp();
        }
        _engine.CallEnded(call, Id, failure);

        // A promise in a simulation runs what waits for it right here. Whatever of that has no context of its own would see this grain's
        // context and flee to the thread pool, so it sees none.
        SetSynchronizationContext(null);
        try
        {
            if (failure is null)
                call.Succeed();
            else
                call.Fail(failure);
            foreach (var waited in lost ?? [])
                waited.Fail(failure!);
        }
        finally
        {
            SetSynchronizationContext(this);
        }
    }

    private void Blame(Call call, Exception failure)
    {
        // A tick that fails says nothing about the state that calls have left, and its timer has to go on; a failed save still drops.
        if (call.OnlyFor is null && _activation is { } activation)
            activation.Broken = true;
        if (failure is OperationCanceledException)
            _engine.Log.LogDebug("{Grain}.{Method} was cancelled", Id, call.Method);
        else
            _engine.Log.LogError(failure, "{Grain}.{Method} failed", Id, call.Method);
        EngineTelemetry.Failed(Id.Name, "crash");
    }

    private void DropIfDue(Call? ending)
    {
        if (_activation is not { } activation || !(activation.Broken || activation.Leaving))
            return;
        // What failed beside a turn drops the activation only once that turn has ended on it.
        if (_running is not null && _running != ending)
            return;
        activation.Drop();
        _activation = null;
    }

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
