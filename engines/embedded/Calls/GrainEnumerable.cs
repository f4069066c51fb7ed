namespace Lucid.Engine.Embedded.Calls;

/// <summary>
/// The caller's side of an enumerator that runs in a grain. Each step is a call of its own that starts beside a running turn, so a long
/// read does not hold up the grain.
/// </summary>
internal sealed class GrainEnumerable<T>(GrainProxy proxy, GrainMethod method, object?[] arguments) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new GrainEnumerator<T>(proxy, method, arguments, cancellationToken);
}

internal sealed class GrainEnumerator<T>(GrainProxy proxy, GrainMethod method, object?[] arguments, CancellationToken cancellation)
    : IAsyncEnumerator<T>
{
    private IAsyncEnumerator<T>? _inner;
    private Step? _running;

    public T Current { get; private set; } = default!;

    public async ValueTask<bool> MoveNextAsync()
    {
        if (!await SendAsync(new Step(method.Name, Advance, proxy.Engine.Runtime.Promise)))
            return false;
        Current = proxy.Engine.RoundTrips ? (T)RoundTrip.Copy(_inner!.Current, typeof(T))! : _inner!.Current;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        // A step whose caller has left still runs, and an enumerator must not be disposed under it; it ends with its grain.
        if (_inner is null || _running is { Done: false } || !proxy.Engine.TakesCalls)
            return;
        await SendAsync(new Step(method.Name, DisposeInner, proxy.Engine.Runtime.Promise));
    }

    private Task<bool> SendAsync(Step step)
    {
        _running = step;
        proxy.Engine.Send(proxy, step);
        return step.Answer;
    }

    private async Task<bool> Advance(object grain)
    {
        _inner ??= ((IAsyncEnumerable<T>)method.Invoke(grain, arguments)).GetAsyncEnumerator(cancellation);
        return await _inner.MoveNextAsync();
    }

    private async Task<bool> DisposeInner(object grain)
    {
        await _inner!.DisposeAsync();
        return false;
    }

    private sealed class Step(string method, Func<object, Task<bool>> run, TaskCreationOptions promise) : Call
    {
        private readonly TaskCompletionSource<bool> _answer = new(promise);

        public override string Method => method;
        public override bool Interleaves => true;
        public Task<bool> Answer => _answer.Task;
        public override Task Invoke(object grain) => run(grain);
        protected override void OnSucceeded() => _answer.TrySetResult(((Task<bool>)Turn!).GetAwaiter().GetResult());
        protected override bool OnFailed(Exception exception) => _answer.TrySetException(exception);
    }
}
