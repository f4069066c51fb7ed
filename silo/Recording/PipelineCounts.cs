using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>How many chunks reached each stage, in all as metrics and per session for whoever watches one.</summary>
public sealed class PipelineCounts : IDisposable
{
    // Sessions watched at once; the one that moved longest ago is forgotten, since these counts are for watching and not for proof.
    private const int MaxSessions = 10_000;

    private readonly Meter _meter = new("Lucid.Recorder");
    private readonly Counter<long> _chunks;
    private readonly Counter<long> _plainBytes;
    private readonly Counter<long> _cipherBytes;
    private readonly Histogram<double> _sealSeconds;
    private readonly ConcurrentDictionary<Guid, SessionCounts> _sessions = new();
    private long _tick;
    private int _known;

    public PipelineCounts(MemoryBudget memory, ChunkBuffers buffers)
    {
        _chunks = _meter.CreateCounter<long>("lucid.recorder.chunks", "{chunk}", "Chunks by the stage they reached.");
        _plainBytes = _meter.CreateCounter<long>("lucid.recorder.plain_bytes", "By", "Plaintext bytes sealed.");
        _cipherBytes = _meter.CreateCounter<long>("lucid.recorder.cipher_bytes", "By", "Ciphertext bytes stored.");
        _sealSeconds = _meter.CreateHistogram<double>("lucid.recorder.seal_duration", "s", "From the last byte of a chunk to its receipt.");
        _meter.CreateObservableGauge("lucid.recorder.memory_held", () => memory.Held.Now, "By", "Memory of chunks on their way.");
        _meter.CreateObservableGauge("lucid.recorder.memory_most", () => memory.Held.Most, "By", "The most that was held since the start.");
        _meter.CreateObservableGauge("lucid.recorder.memory_kept", () => buffers.Kept, "By", "Memory of chunks that were done with, to be used again.");
    }

    public void Reached(Guid session, ChunkStage stage)
    {
        var counts = Of(session);
        Interlocked.Increment(ref counts.Stages[(int)stage]);
        _chunks.Add(1, new KeyValuePair<string, object?>("stage", stage.ToString().ToLowerInvariant()));
    }

    /// <summary>A chunk's bytes are here; whether they are wanted will be seen.</summary>
    public void Entered(Guid session) => Interlocked.Increment(ref Of(session).InFlight);

    /// <summary>One that entered is done with, well or not.</summary>
    public void Left(Guid session) => Interlocked.Decrement(ref Of(session).InFlight);

    public void Sealed(Guid session, SealedChunk chunk, TimeSpan duration)
    {
        var counts = Of(session);
        lock (counts)
        {
            counts.PlainBytes += chunk.Leaf.PlainLength;
            counts.CipherBytes += chunk.Leaf.CipherLength;
            counts.Levels += chunk.GzipLevel;
            counts.LevelCount++;
        }
        _plainBytes.Add(chunk.Leaf.PlainLength);
        _cipherBytes.Add(chunk.Leaf.CipherLength);
        _sealSeconds.Record(duration.TotalSeconds);
    }

    public PipelineView View(Guid session)
    {
        if (!_sessions.TryGetValue(session, out var counts))
            return new PipelineView(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        lock (counts)
        {
            return new PipelineView(
                counts.Stages[1], counts.Stages[2], counts.Stages[3], counts.Stages[4], counts.Stages[5], counts.Stages[6],
                counts.InFlight, counts.PlainBytes, counts.CipherBytes, counts.LevelCount == 0 ? 0 : counts.Levels / counts.LevelCount);
        }
    }

    public void Dispose() => _meter.Dispose();

    private SessionCounts Of(Guid session)
    {
        var added = false;
        if (!_sessions.TryGetValue(session, out var counts))
        {
            var fresh = new SessionCounts();
            counts = _sessions.GetOrAdd(session, fresh);
            added = counts == fresh;
        }
        Interlocked.Exchange(ref counts.Touched, Interlocked.Increment(ref _tick));
        if (added && Interlocked.Increment(ref _known) > MaxSessions)
            ForgetTheOldest();
        return counts;
    }

    // A tenth at once: looking for the oldest means looking at all, which no chunk should have to wait for.
    private void ForgetTheOldest()
    {
        foreach (var (session, _) in _sessions.OrderBy(entry => Interlocked.Read(ref entry.Value.Touched)).Take(MaxSessions / 10).ToList())
        {
            if (_sessions.TryRemove(session, out _))
                Interlocked.Decrement(ref _known);
        }
    }

    private sealed class SessionCounts
    {
        public readonly long[] Stages = new long[(int)ChunkStage.Counted + 1];
        public int InFlight;
        public long Touched;
        public long PlainBytes;
        public long CipherBytes;
        public double Levels;
        public int LevelCount;
    }
}
