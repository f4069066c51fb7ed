using System.Globalization;

namespace Lucid.GrainInterfaces.Engine;

/// <summary>
/// What goes wrong between a caller and a grain. Values travel in <see cref="Exception.Data"/>, because properties are lost between
/// processes; the properties read them from there.
/// </summary>
public abstract class EngineException : Exception
{
    protected EngineException(string message) : base(message) { }
    protected EngineException(string message, Exception? inner) : base(message, inner) { }
    protected EngineException() { }
}

/// <summary>The call waits, through others, for its own caller. The message shows the circle. A mistake in the code; do not retry.</summary>
public sealed class CallCircleException : EngineException
{
    /// <param name="circle">The grains from the one that waits to itself again: "session/a → log/main → session/a".</param>
    public CallCircleException(string circle) : base($"Grains wait for each other in a circle: {circle}.") => Data["circle"] = circle;

    public string Circle => Data["circle"] as string ?? "";
}

/// <summary>Too many calls wait for that grain. Nothing was done; call again after <see cref="RetryAfter"/>.</summary>
public sealed class MailboxFullException : EngineException
{
    public MailboxFullException(string grain, int waiting, TimeSpan retryAfter)
        : base($"{grain} has {waiting} calls waiting already; call again in {retryAfter.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s.")
    {
        Data["grain"] = grain;
        Data["retry_after_ms"] = (long)retryAfter.TotalMilliseconds;
    }

    public TimeSpan RetryAfter => TimeSpan.FromMilliseconds(Data["retry_after_ms"] is long ms ? ms : 1000);
}

/// <summary>No answer within the deadline. The call may still happen, or have happened; its result is dropped. Retries are idempotent.</summary>
public sealed class CallDeadlineException : EngineException
{
    public CallDeadlineException(string grain, string method, TimeSpan deadline)
        : base($"{grain}.{method} gave no answer within {deadline.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s; it may still be running.") =>
        Data["grain"] = grain;
}

/// <summary>The engine is shutting down or not yet started. Nothing was done; call again once it is back.</summary>
public sealed class EngineStoppedException : EngineException
{
    public EngineStoppedException() : base("The engine is stopping; call again once the node is back.") { }
}

/// <summary>
/// The node that has the grain died, or cannot be reached, before it answered. The call may have happened or not; the grain comes back on
/// another node within seconds, unless it belongs to that one. Retries are idempotent.
/// </summary>
public sealed class GrainUnreachableException : EngineException
{
    public GrainUnreachableException(string grain, string reason)
        : base($"{grain} could not be reached ({reason}); call again in some seconds.")
    {
        Data["grain"] = grain;
        Data["reason"] = reason;
    }

    public string Reason => Data["reason"] as string ?? Message;
}

/// <summary>Another activation of the same grain has written since this one read. This one is dropped; call again.</summary>
public sealed class StateConflictException : EngineException
{
    public StateConflictException(string grain, long expected)
        : base($"{grain} was written by another activation since this one read version {expected}.") => Data["grain"] = grain;
}

/// <summary>A state of more than 64 KiB. A mistake in the code: what grows belongs in a journal.</summary>
public sealed class StateTooLargeException : EngineException
{
    public StateTooLargeException(string grain, int bytes, int limit)
        : base($"The state of {grain} would have {bytes} bytes; at most {limit} are kept. What grows belongs in a journal.") =>
        Data["grain"] = grain;
}

/// <summary>The store that holds grain state failed. The activation is dropped; the next call starts from what was saved.</summary>
public sealed class GrainStoreException : EngineException
{
    public GrainStoreException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>
/// What the store holds of one grain is not what was written. Nothing was changed, and other grains are not affected. Trying again does not
/// help: the message names the file, the grain and the cure.
/// </summary>
public sealed class GrainDamagedException : EngineException
{
    public GrainDamagedException(string file, string grain, string damage, Exception? inner = null)
        : base($"{file} is damaged where it holds {grain}: {damage}. Stop the node and restore the file from a backup; until then the others go on without it.", inner)
    {
        Data["file"] = file;
        Data["grain"] = grain;
    }
}
