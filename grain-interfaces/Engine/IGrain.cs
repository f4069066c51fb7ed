namespace Lucid.GrainInterfaces.Engine;

/// <summary>
/// A virtual actor: one identity (its interface and a key), one state, one call at a time. An interface that derives from this one is a
/// grain's contract. Its methods return <see cref="Task"/>, <see cref="Task{TResult}"/>, <see cref="ValueTask{TResult}"/> or
/// <see cref="IAsyncEnumerable{T}"/>; every argument and result is an immutable record, or a simple value, that survives a JSON round
/// trip. A call that fails after the caller has left may still have happened: methods are idempotent.
/// </summary>
#pragma warning disable CA1040 // The marker is what an engine finds contracts by.
public interface IGrain;
#pragma warning restore CA1040

/// <summary>How one grain, or the gateway, reaches another.</summary>
public interface IGrains
{
    /// <summary>
    /// The grain of that interface and key. Nothing is called and nothing need exist: a grain comes to life with the first call to it.
    /// </summary>
    /// <param name="key">1 to 256 characters of printable ASCII; the same key is the same grain.</param>
    TGrain Get<TGrain>(string key) where TGrain : class, IGrain;
}

/// <summary>A grain that wants to read or prepare something before its first call. A failure here fails that call.</summary>
public interface IActivated
{
    Task ActivatedAsync(CancellationToken cancellation);
}

/// <summary>
/// A grain that is told of <typeparamref name="T"/>. Deliveries are calls like any other. They are now and then lost or repeated, so
/// nothing may depend on one: streams wake and inform, and a reminder makes good what was lost.
/// </summary>
public interface IHandles<in T> where T : class
{
    Task HandleAsync(T item);
}

/// <summary>A grain that is woken by the reminders it set with <see cref="IActivation.RemindAsync"/>.</summary>
public interface IReminded
{
    Task RemindedAsync(string name);
}
