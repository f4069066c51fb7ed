using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A recorder that neither compresses nor encrypts: ciphertext is plaintext. Its receipts are real.</summary>
internal sealed class FakeRecorder(FakeNode node) : IRecorder
{
    public Exception? Failure { get; set; }
    public ChunkUpload? LastUpload { get; private set; }

    /// <summary>What admission waits for before the body is read.</summary>
    public Task Admission { get; set; } = Task.CompletedTask;

    /// <summary>Set once a chunk waits for admission.</summary>
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<ChunkReceived> RecordAsync(ChunkUpload upload, Stream body, CancellationToken cancellation)
    {
        LastUpload = upload;
        Asked.TrySetResult();
        await Admission.WaitAsync(cancellation);
        if (Failure is { } failure)
            throw failure;
        var session = node.Session(upload.Session);
        session.Fence(upload.Lease);
        var buffer = new MemoryStream();
        await body.CopyToAsync(buffer, cancellation);
        var bytes = buffer.ToArray();
        if (upload.Digest?.Matches(bytes) == false)
            throw new ContentDigestException($"The body is not {upload.Digest}.");
        if (session.Chunks.TryGetValue(upload.Index, out var there))
        {
            return there.Bytes.AsSpan().SequenceEqual(bytes)
                ? new ChunkReceived(there.Receipt, Repeated: true)
                : throw new ChunkConflictException($"Chunk {upload.Index} holds other bytes.");
        }
        var times = upload.Times ?? new ChunkTimes(0, 1000);
        var leaf = new ChunkLeaf(
            upload.Session, upload.Index, upload.Track, times.StartMs, times.EndMs, "none", bytes.Length, Math.Max(1, bytes.Length), SegmentTree.Root(bytes));
        var receipt = new ChunkReceipt(node.Ledger.Network, leaf).Sign("node-1", FakeLedger.Key(4)).ToString();
        session.Chunks[upload.Index] = (bytes, receipt);
        session.Leaves.Add(leaf);
        return new ChunkReceived(receipt, Repeated: false);
    }

    /// <summary>Chunks whose damage only reading shows.</summary>
    public HashSet<ulong> Damaged { get; } = [];

    public Task ReadCiphertextAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
    {
        if (Failure is { } failure)
            return Task.FromException(failure);
        HeldReading = Math.Max(HeldReading, Held);
        if (Damaged.Contains(leaf.Index))
            return Task.FromException(new ChunkDamagedException($"Chunk {leaf.Index} of session {leaf.Session} is damaged."));
        node.Session(leaf.Session).Chunks[leaf.Index].Bytes.CopyTo(destination);
        return Task.CompletedTask;
    }

    /// <summary>Bytes that readers hold now, and the most they held while a chunk was read.</summary>
    public long Held { get; private set; }

    public long HeldReading { get; private set; }

    public async Task<Stream> OpenCiphertextAsync(Caller caller, ChunkLeaf leaf, CancellationToken cancellation)
    {
        var cipher = new byte[leaf.CipherLength];
        await ReadCiphertextAsync(leaf, cipher, cancellation);
        return new MemoryStream(cipher);
    }

    public Task<IDisposable> HoldAsync(Caller caller, long bytes, CancellationToken cancellation)
    {
        if (Failure is RecorderBusyException busy)
            return Task.FromException<IDisposable>(busy);
        Held += bytes;
        return Task.FromResult<IDisposable>(new Lease(() => Held -= bytes));
    }

    public Task<ChunkDamagedException?> FindDamageAsync(Caller caller, ChunkLeaf leaf, bool thorough, CancellationToken cancellation) =>
        Task.FromResult(thorough && Damaged.Contains(leaf.Index) ? new ChunkDamagedException($"Chunk {leaf.Index} is damaged.") : null);

    public Task<TrackPlayback> OpenPlaintextAsync(Caller caller, Guid session, int track, bool skipDamaged, CancellationToken cancellation) => Failure is { } failure
        ? Task.FromException<TrackPlayback>(failure)
        : Task.FromResult(new TrackPlayback(
            new MemoryStream(node.Session(session).Chunks.OrderBy(one => one.Key).SelectMany(one => one.Value.Bytes).ToArray()),
            skipDamaged ? [.. Damaged] : []));

    public Task<byte[]> ExportKeyAsync(Guid session, CancellationToken cancellation) => Failure is { } failure
        ? Task.FromException<byte[]>(failure)
        : Task.FromResult("lucid.key/1\n"u8.ToArray());

    public PipelineView Pipeline(Guid session) => new(6, 5, 4, 3, 2, 1, 1, 100, 90, 6);

    private sealed class Lease(Action give) : IDisposable
    {
        public void Dispose() => give();
    }
}
