using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Lucid.Silo.Recording;

/// <summary>
/// The cores on which chunks are computed. Each piece of work has one core to itself; one that can be shared out may take those that are
/// idle as well, and gives them up as soon as other work waits. The threads are its own: on those of the thread pool, compression would
/// keep sockets and grains waiting for as long as it takes.
/// </summary>
public sealed partial class CorePool : IDisposable
{
    private readonly SemaphoreSlim _idle;
    private readonly BlockingCollection<Action> _begun = [];
    private readonly Thread[] _threads;
    private int _waiting;

    /// <param name="niceness">How far the system puts this work behind other work of the node, 0 to 19.</param>
    public CorePool(int cores, int niceness = 0)
    {
        _idle = new SemaphoreSlim(cores);
        _threads = [.. Enumerable.Range(0, cores).Select(_ => new Thread(() => Work(niceness)) { IsBackground = true, Name = "lucid-core" })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    internal bool IsWanted => Volatile.Read(ref _waiting) > 0;

    /// <summary>Waits for a core and computes on it.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        if (!_idle.Wait(0, CancellationToken.None))
            await WaitAsync(cancellation);
        try
        {
            // Whoever waits may be given the core before it has noticed that it was cancelled.
            cancellation.ThrowIfCancellationRequested();
            return await Begin(work);
        }
        finally
        {
            _idle.Release();
        }
    }

    /// <summary>Shares work out over the caller's core and those that are idle; returns when all of them are done.</summary>
    /// <param name="most">On how many cores at most.</param>
    /// <param name="work">Run on each core. It is given what to ask, now and then, whether its core is wanted: never the caller's own.</param>
    public void Share(int most, Action<Func<bool>> work)
    {
        var helpers = new List<Task>();
        while (helpers.Count + 1 < most && !IsWanted && _idle.Wait(0))
            helpers.Add(Begin(() => Help(work)));
        try
        {
            work(static () => false);
        }
        finally
        {
            Task.WaitAll(helpers);
        }
    }

    /// <summary>Lets what has begun end first.</summary>
    public void Dispose()
    {
        _begun.CompleteAdding();
        Array.ForEach(_threads, thread => thread.Join());
        _begun.Dispose();
        _idle.Dispose();
    }

    // Whoever calls has a core, so one of as many threads is free.
    private Task<T> Begin<T>(Func<T> work)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _begun.Add(() =>
        {
            try
            {
                answer.SetResult(work());
            }
            catch (Exception exception)
            {
                answer.SetException(exception);
            }
        });
        return answer.Task;
    }

    private void Work(int niceness)
    {
        // .NET does not map Thread.Priority on Linux, where each thread has a niceness. Refused, it costs order and nothing else.
        if (niceness > 0 && OperatingSystem.IsLinux())
            _ = SetPriority(0, 0, niceness);
        foreach (var work in _begun.GetConsumingEnumerable())
            work();
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _idle.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private bool Help(Action<Func<bool>> work)
    {
        try
        {
            work(() => IsWanted);
            return true;
        }
        finally
        {
            _idle.Release();
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
