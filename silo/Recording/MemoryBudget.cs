using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Recording;

/// <summary>
/// Bounds the memory of chunks on their way: whoever wants bytes waits in line for them. First come, first served, with two exceptions.
/// An eighth is kept from the large for the small, who overtake them within it: so a few bytes never wait for megabytes, and the large
/// are not starved by many small ones. And one holder, which is a session that is recorded or a user who reads, has at most a quarter: whatever
/// it does, the others go on.
/// </summary>
/// <param name="reason">Why somebody is told to come again, as the beginning of a sentence.</param>
public sealed class MemoryBudget(long bytes, TimeSpan maxWait, TimeProvider clock, string reason = "Sealing cannot keep up")
{
    private readonly long _all = bytes;
    private readonly long _reserve = bytes / 8;
    private readonly long _perHolder = bytes / 4;
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _line = [];
    private readonly Dictionary<string, long> _holders = new(StringComparer.Ordinal);
    private long _free = bytes;
    private long _most;
    private long _smallHeld;

    /// <summary>Bytes held, now and at the highest since the start.</summary>
    public (long Now, long Most) Held
    {
        get
        {
            lock (_gate)
                return (_all - _free, _most);
        }
    }

    /// <summary>Takes <paramref name="wanted"/> bytes until the returned lease is disposed.</summary>
    /// <param name="wanted">At most seven eighths of all.</param>
    /// <exception cref="RecorderBusyException">None came free in time.</exception>
    public async Task<IDisposable> TakeAsync(string holder, long wanted, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, _all - _reserve);
        var waiter = new Waiter(holder, wanted);
        lock (_gate)
        {
            _line.AddLast(waiter);
            Serve();
        }
        if (waiter.Task.IsCompleted)
            return new Lease(this, waiter);
        using var timeout = new CancellationTokenSource(maxWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        await using (either.Token.Register(() => GiveUp(waiter)))
        {
            if (await waiter.Task)
                return new Lease(this, waiter);
        }
        cancellation.ThrowIfCancellationRequested();
        throw new RecorderBusyException($"{reason}: no memory for another {wanted} bytes within {maxWait.TotalSeconds:0.#} s. Try again.");
    }

    private bool IsSmall(Waiter waiter) => waiter.Wanted <= _reserve / 8;

    private void GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (_line.Remove(waiter))
                waiter.TrySetResult(false);
            Serve();
        }
    }

    private void GiveBack(Waiter lease)
    {
        lock (_gate)
        {
            _free += lease.Wanted;
            _smallHeld -= IsSmall(lease) ? lease.Wanted : 0;
            if ((_holders[lease.Holder] -= lease.Wanted) == 0)
                _holders.Remove(lease.Holder);
            Serve();
        }
    }

    private void Serve()
    {
        var largeWaits = false;
        for (var node = _line.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            var held = _holders.GetValueOrDefault(waiter.Holder);
            // A holder that has its share waits for itself, and nobody behind it for it.
            if (held == 0 || held + waiter.Wanted <= _perHolder)
            {
                if (IsSmall(waiter) ? _free >= waiter.Wanted && (!largeWaits || _smallHeld + waiter.Wanted <= _reserve)
                    : !largeWaits && _free - waiter.Wanted >= _reserve)
                {
                    _line.Remove(node);
                    _free -= waiter.Wanted;
                    _most = Math.Max(_most, _all - _free);
                    _smallHeld += IsSmall(waiter) ? waiter.Wanted : 0;
                    _holders[waiter.Holder] = held + waiter.Wanted;
                    waiter.TrySetResult(true);
                }
                else
                {
                    largeWaits |= !IsSmall(waiter);
                }
            }
            node = next;
        }
    }

    private sealed class Waiter(string holder, long wanted) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Holder => holder;
        public long Wanted => wanted;
    }

    private sealed class Lease(MemoryBudget budget, Waiter lease) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
                budget.GiveBack(lease);
        }
    }
}
