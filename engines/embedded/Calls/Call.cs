using System.Diagnostics;

namespace Lucid.Engine.Embedded.Calls;

/// <summary>One thing a grain is asked to do: a method, a step of an enumerator, a delivery, a tick.</summary>
internal abstract class Call
{
    private static readonly AsyncLocal<Call?> Flowing = new();

    /// <summary>The call whose turn this code runs in, wherever its awaits have led.</summary>
    public static Call? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    private volatile bool _done;

    public abstract string Method { get; }

    /// <summary>Starts beside a running turn, as steps of enumerators do.</summary>
    public virtual bool Interleaves => false;

    /// <summary>Someone waits for the answer, and leaves at the deadline.</summary>
    public virtual bool HasCaller => true;

    /// <summary>A tick belongs to the activation that set the timer, and neither wakes another one nor keeps its own awake.</summary>
    public virtual Activation? OnlyFor => null;

    public Mailbox? Target { get; set; }

    /// <summary>The call in whose turn this one was made, or null for a root. Cut when this one ends, so that chains do not pile up.</summary>
    public Call? Parent { get; set; }

    public long Arrived { get; set; }

    /// <summary>In the clock's timestamps. Owned by the mailbox's lock.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>What the grain returned; null until the grain was reached.</summary>
    public Task? Turn { get; set; }

    public ActivityContext Trace { get; set; }

    public Activity? Activity { get; set; }

    /// <summary>Nothing waits for this call any more.</summary>
    public bool Done => _done;

    public abstract Task Invoke(object grain);

    /// <summary>Hands the result of the finished <see cref="Turn"/> to the caller.</summary>
    protected abstract void OnSucceeded();

    /// <summary>Hands an exception to the caller, unless that one has its answer already.</summary>
    protected abstract bool OnFailed(Exception exception);

    public void Succeed()
    {
        End();
        OnSucceeded();
    }

    public bool Fail(Exception exception)
    {
        End();
        return OnFailed(exception);
    }

    /// <summary>The caller leaves; the turn may still finish, so the call itself is not done.</summary>
    public bool LetCallerGo(Exception exception) => OnFailed(exception);

    /// <summary>
    /// The circle that this call would close, or null. Only calls that still run count: what one of them started and left behind waits
    /// for nobody.
    /// </summary>
    public string? FindCircle(Mailbox target)
    {
        for (var call = this; call is { Done: false }; call = call.Parent)
        {
            if (call.Target == target)
                return Describe(call, target);
        }
        return null;
    }

    private string Describe(Call first, Mailbox target)
    {
        List<string> names = [target.ToString()];
        for (var call = this; call != first; call = call?.Parent)
            names.Add(call?.Target?.ToString() ?? "?");
        names.Add(target.ToString());
        names.Reverse();
        return string.Join(" → ", names);
    }

    private void End()
    {
        _done = true;
        Parent = null;
    }
}

/// <summary>A call that nobody waits for and that is the root of its own chain: a delivery or a reminder.</summary>
/// <param name="ended">Told once that it ended, with what went wrong.</param>
internal sealed class RootCall(string method, Func<object, Task> run, Action<Exception?>? ended = null) : Call
{
    public override string Method => method;
    public override bool HasCaller => false;
    public override Task Invoke(object grain) => run(grain);
    protected override void OnSucceeded() => ended?.Invoke(null);

    protected override bool OnFailed(Exception exception)
    {
        ended?.Invoke(exception);
        return true;
    }
}
