using System.Collections.Concurrent;
using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>
/// The recorder of this node. A chunk's way: admitted by its session, read, sealed in memory, stored, remembered by its grain, counted by
/// its session, and only then answered with its receipt. A crash anywhere on the way leaves nothing that was promised undone.
/// </summary>
public sealed class Recorder(
    IGrains grains, KeyRing keys, ChunkStore chunks, ChunkReader reader, ChunkSealer sealer, ChunkBuffers buffers, FreeSpace space, NodeIdentity identity, RecordingOptions options, MemoryBudget memory,
    PipelineCounts counts, TimeProvider clock) : IRecorder, IDisposable
{
    private readonly SealingLanes _lanes = new(options.SealingWorkers);
    private readonly KeyedLock<(Guid, ulong)> _oneAtATime = new();

    // Of clients that never tried again; each is some 2 KiB.
    private const int MaxUnanswered = 10_000;
    private readonly ConcurrentDictionary<(Guid, ulong), ChunkRecord> _unanswered = new();

    public async Task<ChunkReceived> RecordAsync(ChunkUpload upload, Stream body, CancellationToken cancellation)
    {
        RefuseTooLarge(upload, upload.Length ?? 0);
        var session = grains.Get<ISessionGrain>(upload.Session.ToString("D"));
        // Two uploads of one index wait for each other: the second finds what the first did.
        using var turn = await _oneAtATime.EnterAsync((upload.Session, upload.Index), cancellation);
        var expected = (int)(upload.Length ?? ChunkLimits.MaxPlainBytes);
        // Before the session is asked, which looks at the room that is left: what is on its way will be written.
        using var promised = space.Promise(expected);
        var admission = await session.AdmitAsync(upload.Caller, new AdmitChunk(upload.Index, upload.Lease, upload.Track, upload.Times));
        using var held = await memory.TakeAsync(upload.Session.ToString("D"), ChunkSealer.MemoryFor(expected), cancellation);
        var plain = buffers.Rent(expected);
        try
        {
            var length = await ReadAsync(upload, body, plain, expected, cancellation);
            counts.Entered(upload.Session);
            try
            {
                return await SealAsync(upload, session, admission, plain.AsMemory(0, length), cancellation);
            }
            catch (KeyErasedException erased)
            {
                throw await LostKeyAsync(session, upload.Session) ?? (Exception)erased;
            }
            finally
            {
                counts.Left(upload.Session);
            }
        }
        finally
        {
            // Also what a body brought that was then refused.
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, expected));
            buffers.Return(plain);
        }
    }

    public Task ReadCiphertextAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation) =>
        reader.ReadAsync(leaf, destination, cancellation);

    public Task<Stream> OpenCiphertextAsync(Caller caller, ChunkLeaf leaf, CancellationToken cancellation) =>
        reader.OpenAsync(caller, leaf, cancellation);

    public Task<IDisposable> HoldAsync(Caller caller, long bytes, CancellationToken cancellation) => reader.HoldAsync(caller, bytes, cancellation);

    public Task<ChunkDamagedException?> FindDamageAsync(Caller caller, ChunkLeaf leaf, bool thorough, CancellationToken cancellation) =>
        reader.FindDamageAsync(caller, leaf, thorough, cancellation);

    public async Task<TrackPlayback> OpenPlaintextAsync(Caller caller, Guid session, int track, bool skipDamaged, CancellationToken cancellation)
    {
        var grain = grains.Get<ISessionGrain>(session.ToString("D"));
        var key = await KeyAsync(grain, session);
        try
        {
            var leaves = await PlaintextStream.ReadLeavesAsync(grain, track, cancellation);
            var skipped = new SortedSet<ulong>();
            foreach (var leaf in skipDamaged ? leaves : [])
            {
                if (await FindDamageAsync(caller, leaf, thorough: true, cancellation) is not null)
                    skipped.Add(leaf.Index);
            }
            return new TrackPlayback(new PlaintextStream(caller, session, key, [.. leaves.Where(leaf => !skipped.Contains(leaf.Index))], reader), [.. skipped]);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public async Task<byte[]> ExportKeyAsync(Guid session, CancellationToken cancellation)
    {
        using var key = await KeyAsync(grains.Get<ISessionGrain>(session.ToString("D")), session);
        using var file = KeyFile.ForSession(session, key);
        return file.ToBytes();
    }

    public PipelineView Pipeline(Guid session) => counts.View(session);

    public void Dispose() => _lanes.Dispose();

    private async Task<ChunkReceived> SealAsync(
        ChunkUpload upload, ISessionGrain session, ChunkAdmission admission, ReadOnlyMemory<byte> plain, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        var lane = _lanes.For(plain.Length);
        var chunk = grains.Get<IChunkGrain>($"{upload.Session:D}/{upload.Index}");
        var record = await chunk.GetAsync();
        // What an older lease stored without having it counted was fenced, and gives way to what the newest one sends.
        var known = record.Stage != ChunkStage.None && (admission.Counted || record.Lease >= upload.Lease);
        // Sealing it anew would write over the chunk that is counted.
        if (admission.Counted && !known)
            throw new ChunkConflictException($"Chunk {upload.Index} of session {upload.Session} is counted, and nothing is kept of it to compare with. Give the bytes a new index.");
        if (known)
        {
            if (await lane.Cores.RunAsync(() => MacOf(upload.Session, plain.Span), cancellation) != record.PlaintextMac)
                throw Conflict(upload);
            // It was stored by a call whose answer was lost, and a later one may have written over the file. Counted before, it was looked at before.
            if (!admission.Counted && (record.Recorder ?? identity.Name) == identity.Name && chunks.FindDamage((ChunkLeaf)Leaf.Parse(record.Leaf.Span), thorough: true) is { } damage)
                throw damage;
        }
        else
        {
            // Not before: bytes that are refused, or here already, are none of the recording's.
            counts.Reached(upload.Session, ChunkStage.Received);
            var made = await UnansweredAsync(lane, upload, plain, cancellation) ?? await StoreAsync(lane, upload, session, admission, plain, started, cancellation);
            record = await TellAsync(chunk, upload, made);
            if (record.Recorder is { } first && first != identity.Name)
                chunks.Delete(upload.Session, upload.Index);
            // Another call has been first, with these bytes or with others, and what it stored is what counts.
            known = !record.Leaf.Span.SequenceEqual(made.Leaf.Span);
            if (known && record.PlaintextMac != made.PlaintextMac)
                throw Conflict(upload);
        }
        if (!admission.Counted)
        {
            await session.CountAsync(new CountChunk(upload.Index, upload.Lease, record.Leaf));
            counts.Reached(upload.Session, ChunkStage.Counted);
        }
        return new ChunkReceived(record.Receipt, Repeated: known);
    }

    private async Task<ChunkRecord> StoreAsync(
        SealingLanes.Lane lane, ChunkUpload upload, ISessionGrain session, ChunkAdmission admission, ReadOnlyMemory<byte> plain, long started, CancellationToken cancellation)
    {
        var (mac, fresh, receipt) = await lane.Cores.RunAsync(() => Seal(lane.Cores, upload, admission, plain), cancellation);
        using (fresh)
        {
            await lane.StoreAsync(() => StoreAsync(upload, session, fresh, cancellation), cancellation);
            counts.Reached(upload.Session, ChunkStage.Stored);
            counts.Sealed(upload.Session, fresh, clock.GetElapsedTime(started));
            return new ChunkRecord(ChunkStage.Stored, fresh.Leaf.Encode(), mac, receipt, upload.Lease) { Recorder = identity.Name };
        }
    }

    /// <summary>
    /// What an earlier try has sealed and stored of the same bytes, if its grain never answered: it may know of it all the same, and sealing
    /// anew would write over the file that it then vouches for.
    /// </summary>
    private async Task<ChunkRecord?> UnansweredAsync(SealingLanes.Lane lane, ChunkUpload upload, ReadOnlyMemory<byte> plain, CancellationToken cancellation) =>
        _unanswered.TryGetValue((upload.Session, upload.Index), out var before) && before.Lease == upload.Lease &&
        await lane.Cores.RunAsync(() => MacOf(upload.Session, plain.Span), cancellation) == before.PlaintextMac ? before : null;

    private async Task<ChunkRecord> TellAsync(IChunkGrain chunk, ChunkUpload upload, ChunkRecord made)
    {
        try
        {
            var record = await chunk.StoredAsync(made);
            _unanswered.TryRemove((upload.Session, upload.Index), out _);
            return record;
        }
        catch (EngineException)
        {
            if (_unanswered.Count >= MaxUnanswered)
                _unanswered.Clear();
            _unanswered[(upload.Session, upload.Index)] = made;
            throw;
        }
    }

    private static ChunkConflictException Conflict(ChunkUpload upload) =>
        new($"Chunk {upload.Index} of session {upload.Session} holds other bytes. Nothing was changed; give new bytes a new index.");

    private Hash256 MacOf(Guid session, ReadOnlySpan<byte> plain)
    {
        using var key = keys.Get(session);
        return ChunkSealer.Mac(key, session, plain);
    }

    private (Hash256 Mac, SealedChunk Chunk, string Receipt) Seal(
        CorePool cores, ChunkUpload upload, ChunkAdmission admission, ReadOnlyMemory<byte> plain)
    {
        using var key = keys.Get(upload.Session);
        var mac = ChunkSealer.Mac(key, upload.Session, plain.Span);
        var chunk = sealer.Seal(
            cores, key, upload.Session, upload.Index, upload.Track, admission.Times, plain, stage => counts.Reached(upload.Session, stage));
        return (mac, chunk, new ChunkReceipt(admission.Network, chunk.Leaf).Sign(identity.Name, identity.Key).ToString());
    }

    private async Task StoreAsync(ChunkUpload upload, ISessionGrain session, SealedChunk chunk, CancellationToken cancellation)
    {
        try
        {
            await chunks.WriteAsync(upload.Session, upload.Index, chunk.Cipher, cancellation);
        }
        catch (IOException full) when (FreeSpace.IsFull(full))
        {
            // Asked once more for this chunk, the session finds no room, closes with its gap while it still can, and says so.
            space.NoteFull();
            await session.AdmitAsync(upload.Caller, new AdmitChunk(upload.Index, upload.Lease, upload.Track, upload.Times));
            throw new NoRoomException($"The disk filled up while chunk {upload.Index} was stored. Free space on the node, then resume.");
        }
    }

    private async Task<SessionKey> KeyAsync(ISessionGrain session, Guid id)
    {
        // A recorder that was away when the others destroyed theirs has its key still.
        if ((await session.GetAsync(Caller.Lucid)).IsBeingErased)
            throw new KeyErasedException($"Session {id} is being erased: its key is not used any more.");
        try
        {
            return keys.Get(id);
        }
        catch (KeyErasedException erased)
        {
            throw await LostKeyAsync(session, id) ?? (Exception)erased;
        }
    }

    /// <summary>A key that nobody destroyed was lost, and that can be mended; null where it was erased.</summary>
    private async Task<KeyDamagedException?> LostKeyAsync(ISessionGrain session, Guid id) =>
        await session.GetAsync(Caller.Lucid) is { Status: SessionStatus.Erased } or { IsBeingErased: true } ? null
            : new KeyDamagedException($"The key of session {id} is missing, though it was not erased. Restore {keys.FileOf(id)} from a backup.");

    private static async Task<int> ReadAsync(ChunkUpload upload, Stream body, byte[] plain, int expected, CancellationToken cancellation)
    {
        var length = await body.ReadAtLeastAsync(plain.AsMemory(0, expected), expected, throwOnEndOfStream: false, cancellation);
        if (upload.Length is { } said && length < said)
            throw new InvalidRequestException($"The body ended after {length} of {said} bytes. Send the chunk again.");
        if (length == expected && await body.ReadAsync(new byte[1], cancellation) > 0)
            RefuseTooLarge(upload, length + 1L);
        if (upload.Digest?.Matches(plain.AsSpan(0, length)) == false)
            throw new ContentDigestException($"The body of chunk {upload.Index} is not what its Content-Digest says: {length} bytes arrived with another one. Send it again.");
        return length;
    }

    private static void RefuseTooLarge(ChunkUpload upload, long length)
    {
        if (length > ChunkLimits.MaxPlainBytes)
            throw new ChunkTooLargeException($"Chunk {upload.Index} has at least {length} bytes; a chunk has at most {ChunkLimits.MaxPlainBytes}. Cut it into several.");
    }
}
