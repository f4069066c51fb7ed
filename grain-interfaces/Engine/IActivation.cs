namespace Lucid.GrainInterfaces.Engine;

/// <summary>What an engine gives a grain for as long as it is in memory. Handed to the grain's constructor.</summary>
public interface IActivation
{
    /// <summary>The grain's key.</summary>
    string Key { get; }

    /// <summary>The other grains. A grain that calls itself in a circle gets a <see cref="CallCircleException"/>.</summary>
    IGrains Grains { get; }

    /// <summary>The only clock a grain may read.</summary>
    TimeProvider Clock { get; }

    /// <summary>
    /// Tells every grain whose key is <paramref name="key"/> and whose class is an <see cref="IHandles{T}"/>. Returns once the item is on
    /// its way, not once it was handled.
    /// </summary>
    Task PublishAsync<T>(string key, T item) where T : class;

    /// <summary>
    /// Sets or resets a durable reminder: after <paramref name="due"/>, and then every <paramref name="period"/> (at least one minute),
    /// the grain is woken through <see cref="IReminded"/>, also after a restart, until the reminder is forgotten.
    /// </summary>
    Task RemindAsync(string name, TimeSpan due, TimeSpan period);

    /// <summary>Ends a reminder. One that does not exist is no error.</summary>
    Task ForgetAsync(string name);

    /// <summary>
    /// Calls <paramref name="tick"/> after <paramref name="due"/> and then every <paramref name="period"/> while the grain is in memory, in
    /// turn with its calls. A tick that fails is logged and the next one comes all the same. Dispose to stop.
    /// </summary>
    IDisposable Every(TimeSpan due, TimeSpan period, Func<CancellationToken, Task> tick);

    /// <summary>The grain's journal of that name: what grows without bound and is only ever appended to.</summary>
    IJournal<T> Journal<T>(string name) where T : class;

    /// <summary>Leaves memory after the running call. The next call brings the grain back from what was saved.</summary>
    void Deactivate();
}

/// <summary>An activation with durable state.</summary>
/// <typeparam name="TState">An immutable record with a parameterless constructor, at most 64 KiB as JSON.</typeparam>
public interface IActivation<TState> : IActivation where TState : class, new()
{
    /// <summary>What was last saved, or a new <typeparamref name="TState"/> where nothing was.</summary>
    TState State { get; }

    /// <summary>
    /// Saves durably; <see cref="State"/> becomes <paramref name="next"/> only once that is done. After a failure the activation is dropped
    /// when the running call ends, so that nobody goes on from a state that may or may not have been written.
    /// </summary>
    /// <exception cref="StateConflictException">Another activation of the same grain has written meanwhile.</exception>
    /// <exception cref="StateTooLargeException">More than 64 KiB.</exception>
    Task SaveAsync(TState next);

    /// <summary>Deletes state and journals. The state is new again.</summary>
    Task ClearAsync();
}

/// <summary>Rows that are appended durably and read by range. Positions count from 0 without holes.</summary>
public interface IJournal<T> where T : class
{
    /// <summary>How many rows there are.</summary>
    ValueTask<long> CountAsync();

    /// <summary>Appends one row and returns its position once it is durable.</summary>
    /// <exception cref="StateConflictException">
    /// Another activation of the same grain has saved or appended meanwhile: a journal is fenced by its grain's state.
    /// </exception>
    /// <exception cref="StateTooLargeException">A row of more than 64 KiB.</exception>
    Task<long> AppendAsync(T row);

    /// <summary>Rows from <paramref name="from"/>, at most <paramref name="count"/> (1 to 10,000); fewer where the journal ends.</summary>
    Task<IReadOnlyList<T>> ReadAsync(long from, int count);
}
