using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>
/// Reads counted chunks: from this node's disk, and where that does not have what the leaf states, from the recorder that stored the chunk. A
/// file here may also be one that came too late, because another recorder had stored that index.
/// </summary>
/// <remarks>
/// Readers are bounded apart from recording, which nothing that they do may hold up: no more chunks are hashed or decrypted at once than there
/// are workers, whose threads the system puts behind all others, and what a reader holds in memory for as long as its client takes is from
/// a budget of its own, of which one user has at most a quarter.
/// </remarks>
public sealed class ChunkReader(IGrains grains, ChunkStore chunks, IPeers peers, NodeIdentity identity, RecordingOptions options, TimeProvider clock) : IDisposable
{
    private const int Niceness = 10;

    private readonly MemoryBudget _memory = new(options.ReadingBudget, options.MaxWait, clock, "Too much is being read");

    /// <summary>Where chunks are hashed and decrypted.</summary>
    internal CorePool Cores { get; } = new(options.ReadingWorkers, Niceness);

    /// <summary>Takes memory that a reader holds while its client reads, until the returned lease is disposed.</summary>
    /// <exception cref="RecorderBusyException">None came free in time.</exception>
    public Task<IDisposable> HoldAsync(Caller reader, long bytes, CancellationToken cancellation) => _memory.TakeAsync(reader.Subject, bytes, cancellation);

    /// <summary>Opens a chunk's ciphertext, all of it held against its leaf. Of what lies here a segment is held in memory; what was fetched, whole.</summary>
    /// <returns>Seekable, and for the caller to dispose.</returns>
    /// <exception cref="ChunkDamagedException">Whoever stored it has something else, or nothing.</exception>
    /// <exception cref="GrainUnreachableException">Another recorder stored it, and that is away.</exception>
    /// <exception cref="RecorderBusyException">Another recorder stored it, and no memory for it came free in time.</exception>
    public async Task<Stream> OpenAsync(Caller reader, ChunkLeaf leaf, CancellationToken cancellation)
    {
        try
        {
            var file = await Cores.RunAsync(() => chunks.Open(leaf), cancellation);
            file.Cores = Cores;
            return file;
        }
        catch (ChunkDamagedException)
        {
            if (await ElsewhereAsync(leaf) is not { } recorder)
                throw;
            var held = await HoldAsync(reader, leaf.CipherLength, cancellation);
            try
            {
                var cipher = new byte[leaf.CipherLength];
                await FetchAsync(recorder, leaf, cipher, cancellation);
                return new FetchedChunk(cipher, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
    }

    /// <summary>Reads a chunk's ciphertext and holds it against its leaf.</summary>
    /// <param name="destination">As long as the leaf says.</param>
    /// <exception cref="ChunkDamagedException">Whoever stored it has something else, or nothing.</exception>
    /// <exception cref="GrainUnreachableException">Another recorder stored it, and that is away.</exception>
    public async Task ReadAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
    {
        try
        {
            await Cores.RunAsync(
                () =>
                {
                    chunks.Read(leaf, destination);
                    return true;
                },
                cancellation);
        }
        catch (ChunkDamagedException)
        {
            if (await ElsewhereAsync(leaf) is not { } recorder)
                throw;
            await FetchAsync(recorder, leaf, destination, cancellation);
        }
    }

    /// <summary>What is wrong with a chunk; null where nothing is known to be.</summary>
    /// <param name="thorough">Reads every byte.</param>
    /// <exception cref="GrainUnreachableException">Another recorder stored it, and that is away.</exception>
    /// <exception cref="RecorderBusyException">Another recorder stored it, and no memory for it came free in time.</exception>
    public async Task<ChunkDamagedException?> FindDamageAsync(Caller reader, ChunkLeaf leaf, bool thorough, CancellationToken cancellation)
    {
        var damage = thorough ? await Cores.RunAsync(() => chunks.FindDamage(leaf, thorough), cancellation) : chunks.FindDamage(leaf, thorough);
        if (damage is null || await ElsewhereAsync(leaf) is not { } recorder)
            return damage;
        if (thorough)
            return await FindDamageAsync(reader, recorder, leaf, cancellation);
        // Only whether it is there: better said now than by an answer that breaks off when it comes to this chunk.
        await grains.Get<IRecorderGrain>(recorder).ConditionAsync();
        return null;
    }

    public void Dispose() => Cores.Dispose();

    /// <summary>The other recorder that stored the chunk; null where this one did.</summary>
    private async Task<string?> ElsewhereAsync(ChunkLeaf leaf)
    {
        // Alone, it was this one.
        if (peers.Address is null)
            return null;
        var record = await grains.Get<IChunkGrain>($"{leaf.Session:D}/{leaf.Index}").GetAsync();
        return record.Recorder == identity.Name ? null : record.Recorder;
    }

    private async Task FetchAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
    {
        await peers.ReadCiphertextAsync(recorder, leaf, destination, cancellation);
        if (await Cores.RunAsync(() => SegmentTree.Root(destination.Span), cancellation) != leaf.Root)
        {
            throw new ChunkDamagedException(
                $"Chunk {leaf.Index} of session {leaf.Session} is damaged: recorder {recorder} sent other bytes than those that were sealed. Ask again; without it, skip_damaged=true (lucid export --skip-damaged) gives all other chunks.");
        }
    }

    private async Task<ChunkDamagedException?> FindDamageAsync(Caller reader, string recorder, ChunkLeaf leaf, CancellationToken cancellation)
    {
        using var held = await HoldAsync(reader, leaf.CipherLength, cancellation);
        try
        {
            await FetchAsync(recorder, leaf, new byte[leaf.CipherLength], cancellation);
            return null;
        }
        catch (ChunkDamagedException damage)
        {
            return damage;
        }
    }

    private sealed class FetchedChunk(byte[] cipher, IDisposable held) : MemoryStream(cipher, writable: false)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing)
                held.Dispose();
            base.Dispose(disposing);
        }
    }
}
