using Lucid.Engine.Embedded.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

/// <summary>
/// One grain's place in the engine: the calls that wait for it, and the synchronization context on which everything of it runs, one step
/// at a time. The activation inside comes and goes; the mailbox closes once it has been idle.
/// </summary>
internal sealed partial class Mailbox : SynchronizationContext, IThreadPoolWorkItem
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
            _parked.Clear();
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
        lock (_gate)
        {
            if (_engine.IsDead || (!_steps.TryDequeue(out step) && !TryTake(out call)))
            {
                _scheduled = false;
                if (!IsIdle)
                    return false;
                // Its grain left and nobody waits, so nothing is lost by closing now; grains that leave after every call would pile up here.
                _closed |= _activation is null;
            }
        }
        if (step.Step is null && call is null)
        {
            Rest();
            return false;
        }
        if (call is not null)
            Start(call);
        else
            Run(step.Step!, step.State);
        return true;
    }

    /// <summary>Nothing is left to run: whoever waits for that is told, and a mailbox that closed is forgotten.</summary>
    private void Rest()
    {
        TaskCompletionSource? idle;
        bool closed;
        lock (_gate)
        {
            closed = _closed;
            // Something may have come meanwhile, and then that will rest later.
            idle = closed || IsIdle ? _idle : null;
            _idle = idle is null ? _idle : null;
        }
        if (closed)
        {
            _timer?.Dispose();
            _kind.Forget(this);
        }
        idle?.TrySetResult();
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
            _activation?.Deactivate();
            DropIfDue(null);
        }
    }
}
