namespace Lucid.Cli.Recording;

/// <summary>How far a recording has come, for whoever shows it. Written by the recorder, read from any thread.</summary>
/// <param name="name">What is recorded.</param>
/// <param name="total">Its bytes, where they are known.</param>
internal sealed class RecordingState(string name, long? total)
{
    private long _bytes, _chunks, _repeated;
    private volatile string _phase = "starting";
    private volatile PipelineView? _pipeline;
    private volatile SessionView? _session;

    public string Name { get; } = name;
    public long? Total { get; } = total;

    /// <summary>Bytes that the node has and vouched for.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Chunks for which there is a receipt.</summary>
    public long Chunks => Interlocked.Read(ref _chunks);

    /// <summary>Those among them that were there already.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>What is going on, in one or a few words.</summary>
    public string Phase
    {
        get => _phase;
        set => _phase = value;
    }

    public PipelineView? Pipeline
    {
        get => _pipeline;
        set => _pipeline = value;
    }

    /// <summary>The session as the node last told it.</summary>
    public SessionView? Session
    {
        get => _session;
        set => _session = value;
    }

    /// <summary>Bytes that an earlier session holds already.</summary>
    public void Skipped(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Stored(Chunk chunk, bool repeated)
    {
        Interlocked.Add(ref _bytes, chunk.Length);
        Interlocked.Increment(ref _chunks);
        if (repeated)
            Interlocked.Increment(ref _repeated);
    }
}
