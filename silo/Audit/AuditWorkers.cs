using System.Threading.Channels;

namespace Lucid.Silo.Audit;

/// <summary>Runs small pieces of work on every core. Whoever adds more than the workers keep up with waits, so that memory is bounded.</summary>
internal sealed class AuditWorkers
{
    private readonly Channel<Action> _work = Channel.CreateBounded<Action>(2 * Environment.ProcessorCount);
    private readonly Task[] _workers;

    public AuditWorkers(CancellationToken cancellation) =>
        _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() => WorkAsync(cancellation), CancellationToken.None))];

    public ValueTask AddAsync(Action work, CancellationToken cancellation) => _work.Writer.WriteAsync(work, cancellation);

    /// <summary>Waits for all that was added. To be called in any case.</summary>
    public Task FinishAsync()
    {
        _work.Writer.TryComplete();
        return Task.WhenAll(_workers);
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync(cancellation))
                work();
        }
        catch (Exception failure)
        {
            // A bug, or cancelled: whoever adds must not wait for workers that are gone.
            _work.Writer.TryComplete(failure);
            throw;
        }
    }
}
