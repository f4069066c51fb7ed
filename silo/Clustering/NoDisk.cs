using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Clustering;

/// <summary>
/// What a process without the disk in question has in the place of its recorder, keys or log: the API needs something there, and passes
/// every request for it on before it is asked.
/// </summary>
internal sealed class NoDisk : IRecorder, IKeyKeeper, ILogReader
{
    public Task<ChunkReceived> RecordAsync(ChunkUpload upload, Stream body, CancellationToken cancellation) => throw Asked();
    public Task ReadCiphertextAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation) => throw Asked();
    public Task<Stream> OpenCiphertextAsync(Caller caller, ChunkLeaf leaf, CancellationToken cancellation) => throw Asked();
    public Task<IDisposable> HoldAsync(Caller caller, long bytes, CancellationToken cancellation) => throw Asked();
    public Task<ChunkDamagedException?> FindDamageAsync(Caller caller, ChunkLeaf leaf, bool thorough, CancellationToken cancellation) => throw Asked();
    public Task<TrackPlayback> OpenPlaintextAsync(Caller caller, Guid session, int track, bool skipDamaged, CancellationToken cancellation) => throw Asked();
    public Task<byte[]> ExportKeyAsync(Guid session, CancellationToken cancellation) => throw Asked();
    public PipelineView Pipeline(Guid session) => throw Asked();
    public Task<KeyRotation> RotateAsync(CancellationToken cancellation) => throw Asked();
    public Task<byte[]> RecoveryKeyAsync(CancellationToken cancellation) => throw Asked();
    public ValueTask<byte[]?> CheckpointAsync(CancellationToken cancellation) => throw Asked();
    public ValueTask<byte[]?> TileAsync(int level, ulong index, int width, CancellationToken cancellation) => throw Asked();
    public ValueTask<byte[]?> EntriesAsync(ulong index, int width, CancellationToken cancellation) => throw Asked();

    private static InvalidOperationException Asked() => new("This process lacks the disk; the request should have been passed on.");
}
