using System.Diagnostics;

namespace Lucid.Engine.Cluster.Tests.Processes;

/// <summary>Sessions that record side by side until they are finished.</summary>
internal sealed class Recordings : IAsyncDisposable
{
    // Whoever has no new receipt by then is stuck. How soon they come is measured by `lucid bench engines`: here other tests have the cores.
    private static readonly TimeSpan _stuck = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort;
    private readonly List<Recording> _sessions;
    private readonly List<Task> _recording;

    private Recordings(List<Recording> sessions, CancellationToken cancellation)
    {
        _sessions = sessions;
        _abort = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _recording = [.. sessions.Select(session => session.RecordAsync(_stop.Token, _abort.Token))];
    }

    public IReadOnlyList<Recording> Sessions => _sessions;

    public ulong Receipts => _sessions.Aggregate(0ul, (sum, session) => sum + session.Count);

    /// <summary>How long it took at most from a chunk's first try to its receipt.</summary>
    public TimeSpan SlowestReceipt => _sessions.Max(session => session.SlowestReceipt);

    /// <summary>Creates so many sessions and waits until each has receipts.</summary>
    public static async Task<Recordings> StartAsync(IReadOnlyList<GatewayClient> gateways, int count, CancellationToken cancellation)
    {
        var sessions = Enumerable.Range(1, count).Select(seed => new Recording(gateways, seed)).ToList();
        await Task.WhenAll(sessions.Select(session => session.CreateAsync(cancellation)));
        var recordings = new Recordings(sessions, cancellation);
        await recordings.GoOnAsync(cancellation);
        return recordings;
    }

    /// <summary>Waits until every session has a receipt for a chunk that was sent from now on.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> GoOnAsync(CancellationToken cancellation)
    {
        var before = _sessions.ToDictionary(session => session, session => session.Count);
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var missing = before.Where(session => !session.Key.HasGoneOnSince(session.Value)).Select(session => session.Key.Id).ToList();
            if (missing.Count == 0)
                return waited.Elapsed;
            if (_recording.Find(session => session.IsFaulted) is { } failed)
                await failed;
            Assert.True(waited.Elapsed < _stuck, $"{missing.Count} of {_sessions.Count} sessions had no new receipt within {_stuck.TotalSeconds} s: {string.Join(", ", missing)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Sends no more chunks, once those that are on their way have their receipts.</summary>
    public async Task RestAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_recording);
    }

    /// <summary>Stops every session, and holds the cluster to all that it promised.</summary>
    /// <param name="trust">Where the validators lie that are trusted.</param>
    public async Task FinishAsync(string trust, CancellationToken cancellation)
    {
        await RestAsync();
        await Task.WhenAll(_sessions.Select(session => session.StopAsync(cancellation)));
        await CheckAsync(trust, cancellation);
    }

    /// <summary>The same once they are stopped.</summary>
    public async Task CheckAsync(string trust, CancellationToken cancellation)
    {
        await Task.WhenAll(_sessions.Select(session => session.AnchoredAsync(cancellation)));
        // A few at a time: each comes whole into memory.
        await Parallel.ForEachAsync(
            _sessions, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellation }, async (session, token) => await session.CheckAsync(trust, token));
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        // Where it failed, whoever waited for it has said so.
        await Task.WhenAll(_recording).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _abort.Dispose();
    }
}
