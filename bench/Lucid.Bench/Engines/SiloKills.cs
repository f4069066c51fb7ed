using System.Net.Sockets;
using Lucid.Bench.Load;

namespace Lucid.Bench.Engines;

/// <summary>
/// kill -9 of one silo of three after the other, while sessions record: how long each waits for its next receipt and its next read, those
/// that the dead silo recorded apart from the rest. A caller tries again as soon as it was refused, as recording programs do.
/// </summary>
internal static class SiloKills
{
    private const int SessionsEach = 4;
    private const int ChunkSize = 64 << 10;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _betweenTries = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(Effort effort, ClusterProcesses cluster, Report report)
    {
        var waits = new Waits();
        var starts = new List<double>();
        // The one with the ledger last.
        foreach (var victim in effort.Quick ? (string[])["silo-2"] : ["silo-2", "silo-3", "silo-2", "silo-3", "silo-1"])
        {
            EnginesBenchmark.Say($"kill -9 of {victim}");
            var sessions = await BeginAsync(cluster.Gateway, cluster.Silos.Count);
            var since = Stopwatch.GetTimestamp();
            await cluster.KillAsync(victim);
            await Task.WhenAll(sessions.Select(session => WaitAsync(cluster.Gateway, session, session.Recorder == victim, since, waits)));
            starts.Add((await cluster.StartSiloAsync(victim)).ReadyAfter.TotalSeconds);
            sessions.ForEach(session => session.Connection.Dispose());
        }
        waits.AddTo(report);
        report.Add("start, silo again after kill -9", new Sample(starts), Unit.Seconds);
    }

    /// <summary>Sessions with one chunk each, several at each recorder.</summary>
    private static async Task<List<Recorded>> BeginAsync(NodeProcess gateway, int silos)
    {
        var sessions = new List<Recorded>();
        var since = Stopwatch.GetTimestamp();
        while (sessions.CountBy(session => session.Recorder).Count(recorder => recorder.Value >= SessionsEach) < silos)
        {
            if (Stopwatch.GetElapsedTime(since) > _patience)
                throw new TimeoutException($"Of {silos} silos only {string.Join(" and ", sessions.Select(session => session.Recorder).Distinct(StringComparer.Ordinal))} were given sessions within {_patience}.");
            var (id, lease) = await gateway.CreateSessionAsync(3600);
            var recorder = (await gateway.GetAsync($"sessions/{id:D}")).GetProperty("recorder").GetString()!;
            if (sessions.Count(session => session.Recorder == recorder) == SessionsEach)
                continue;
            var session = new Recorded(recorder, new SessionConnection(gateway.Address, gateway.Token, id, lease));
            sessions.Add(session);
            await session.PutAsync(0);
        }
        return sessions;
    }

    private static async Task WaitAsync(NodeProcess gateway, Recorded session, bool isMoved, long since, Waits waits)
    {
        await Task.WhenAll(
            UntilAnsweredAsync(isMoved, "chunk", () => session.PutAsync(1)),
            UntilAnsweredAsync(isMoved, "read", () => gateway.GetAsync($"sessions/{session.Connection.Session:D}")));

        async Task UntilAnsweredAsync(bool isMoved, string what, Func<Task> askAsync)
        {
            while (true)
            {
                try
                {
                    await askAsync();
                    waits.Add(isMoved, what, Stopwatch.GetElapsedTime(since).TotalSeconds);
                    return;
                }
                catch (Exception refused) when (refused is HttpRequestException or IOException or SocketException && Stopwatch.GetElapsedTime(since) < _patience)
                {
                    waits.Refused(isMoved, what);
                    await Task.Delay(_betweenTries, TimeProvider.System);
                }
            }
        }
    }

    private sealed record Recorded(string Recorder, SessionConnection Connection)
    {
        public Task PutAsync(int index)
        {
            var chunk = ChunkMix.At(index, ChunkSize);
            return Connection.PutAsync(index, chunk, SessionConnection.DigestOf(chunk.Span));
        }
    }
}
