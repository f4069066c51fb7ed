namespace Lucid.Bench.Load;

/// <summary>
/// A session that records: chunks at times that were fixed beforehand, whatever the node makes of them, with now and then a pause, and a
/// heartbeat after 15 s of silence. A chunk that could not be sent when it was due counts from when it was due.
/// </summary>
/// <param name="largest">No chunk is larger, in bytes.</param>
internal sealed class LoadSession(SessionConnection connection, Latencies latencies, int seed, TimeSpan meanInterval, int largest = int.MaxValue)
{
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(15);
    private const double PauseShare = 0.05;
    private const double PauseLength = 4;
#pragma warning disable CA5394 // Chance that is to be the same at each run.
    private readonly Random _random = new(seed);

    public SessionConnection Connection => connection;

    /// <summary>Chunks that were due, and those of them that have their receipt.</summary>
    public int Due { get; private set; }
    public int Sealed { get; private set; }

    /// <summary>Sends until <paramref name="duration"/> after <paramref name="started"/>; what is due by then is still finished.</summary>
    public async Task RunAsync(long started, TimeSpan duration)
    {
        // Begins somewhere within its first interval, so that a thousand sessions do not begin together.
        var due = meanInterval * _random.NextDouble();
        for (; due < duration; due += Interval())
        {
            Due++;
            var chunk = ChunkMix.Cut(_random, Math.Min(largest, ChunkMix.Size(_random)));
            var digest = SessionConnection.DigestOf(chunk.Span);
            try
            {
                if (await WaitAsync(started, due))
                    latencies.Woke(due, Stopwatch.GetElapsedTime(started) - due);
                await connection.PutAsync(Sealed, chunk, digest);
                latencies.Sealed(chunk.Length, due, Stopwatch.GetElapsedTime(started) - due);
                Sealed++;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or System.Net.Sockets.SocketException)
            {
                latencies.Failed(exception.Message);
            }
        }
    }

    /// <returns>False where it was due already.</returns>
    private async Task<bool> WaitAsync(long started, TimeSpan due)
    {
        var waited = false;
        while (due - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left)
        {
            await Task.Delay(left < _heartbeat ? left : _heartbeat, TimeProvider.System);
            if (left > _heartbeat)
                await connection.HeartbeatAsync();
            waited = true;
        }
        return waited;
    }

    /// <summary>Exponential, as independent events are, and every twentieth a pause of four times the mean; the mean of all is as asked.</summary>
    private TimeSpan Interval() => _random.NextDouble() < PauseShare
        ? meanInterval * PauseLength
        : meanInterval * (-Math.Log(1 - _random.NextDouble()) * (1 - (PauseShare * PauseLength)) / (1 - PauseShare));
#pragma warning restore CA5394
}
