namespace Lucid.Silo.Recording;

/// <summary>
/// The cores on which chunks are computed. Each piece of work has one core to itself; one that can be shared out may take those that are
/// idle as well, and gives them up as soon as other work waits.
/// </summary>
public sealed class CorePool(int cores) : IDisposable
{
    private readonly SemaphoreSlim _idle = new(cores);
    private int _waiting;

    private bool IsWanted => Volatile.Read(ref _waiting) > 0;

    /// <summary>Waits for a core and computes on it.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        if (!_idle.Wait(0, CancellationToken.None))
            await WaitAsync(cancellation);
        try
        {
            return await Task.Run(work, cancellation);
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
            helpers.Add(Task.Run(() => Help(work)));
        try
        {
            work(static () => false);
        }
        finally
        {
            // What has not begun yet is run, or found to be done, on this thread.
            Task.WaitAll(helpers);
        }
    }

    public void Dispose() => _idle.Dispose();

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

    private void Help(Action<Func<bool>> work)
    {
        try
        {
            work(() => IsWanted);
        }
        finally
        {
            _idle.Release();
        }
    }
}
