using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Recording;

/// <summary>
/// Bounds the memory of chunks on their way: whoever wants bytes waits in line for them. First come, first served, so that a large chunk is
/// never starved by many small ones.
/// </summary>
public sealed class MemoryBudget(long bytes, TimeSpan maxWait, TimeProvider clock)
{
    private readonly long _all = bytes;
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _line = [];
    private long _free = bytes;

    /// <summary>Bytes that nobody holds.</summary>
    public long Free
    {
        get
        {
            lock (_gate)
                return _free;
        }
    }

    /// <summary>Takes <paramref name="wanted"/> bytes until the returned lease is disposed.</summary>
    /// <exception cref="RecorderBusyException">None came free in time.</exception>
    public async Task<IDisposable> TakeAsync(long wanted, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, _all);
        Waiter waiter;
        lock (_gate)
        {
            if (_line.Count == 0 && _free >= wanted)
            {
                _free -= wanted;
                return new Lease(this, wanted);
            }
            waiter = new Waiter(wanted);
            _line.AddLast(waiter);
        }
        using var timeout = new CancellationTokenSource(maxWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        await using (either.Token.Register(() => GiveUp(waiter)))
        {
            if (await waiter.Task)
                return new Lease(this, wanted);
        }
        cancellation.ThrowIfCancellationRequested();
        throw new RecorderBusyException($"Sealing cannot keep up: no memory for another {wanted} bytes within {maxWait.TotalSeconds:0.#} s. Try again.");
    }

    private void GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (_line.Remove(waiter))
                waiter.TrySetResult(false);
            Serve();
        }
    }

    private void GiveBack(long returned)
    {
        lock (_gate)
        {
            _free += returned;
            Serve();
        }
    }

    private void Serve()
    {
        while (_line.First is { } first && first.Value.Wanted <= _free)
        {
            _line.RemoveFirst();
            _free -= first.Value.Wanted;
            first.Value.TrySetResult(true);
        }
    }

    private sealed class Waiter(long wanted) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Wanted => wanted;
    }

    private sealed class Lease(MemoryBudget budget, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        public void Dispose()
        {
            var returned = Interlocked.Exchange(ref _bytes, 0);
            if (returned > 0)
                budget.GiveBack(returned);
        }
    }
}
