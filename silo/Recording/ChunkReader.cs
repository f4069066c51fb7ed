using System.Buffers;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Recording;

/// <summary>
/// Reads counted chunks: from this node's disk, and where that does not have what the leaf states, from the recorder that stored the chunk. A
/// file here may also be one that came too late, because another recorder had stored that index.
/// </summary>
public sealed class ChunkReader(IGrains grains, ChunkStore chunks, IPeers peers, NodeIdentity identity)
{
    /// <summary>Reads a chunk's ciphertext and holds it against its leaf.</summary>
    /// <param name="destination">As long as the leaf says.</param>
    /// <exception cref="ChunkDamagedException">Whoever stored it has something else, or nothing.</exception>
    /// <exception cref="GrainUnreachableException">Another recorder stored it, and that is away.</exception>
    public async Task ReadAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
    {
        try
        {
            await Task.Run(() => chunks.Read(leaf, destination.Span), cancellation);
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
    public async Task<ChunkDamagedException?> FindDamageAsync(ChunkLeaf leaf, bool thorough, CancellationToken cancellation)
    {
        var damage = thorough ? await Task.Run(() => chunks.FindDamage(leaf, thorough), cancellation) : chunks.FindDamage(leaf, thorough);
        if (damage is null || await ElsewhereAsync(leaf) is not { } recorder)
            return damage;
        if (thorough)
            return await FindDamageAsync(recorder, leaf, cancellation);
        // Only whether it is there: better said now than by an answer that breaks off when it comes to this chunk.
        await grains.Get<IRecorderGrain>(recorder).ConditionAsync();
        return null;
    }

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
        if (await Task.Run(() => SegmentTree.Root(destination.Span), cancellation) != leaf.Root)
        {
            throw new ChunkDamagedException(
                $"Chunk {leaf.Index} of session {leaf.Session} is damaged: recorder {recorder} sent other bytes than those that were sealed. Ask again; without it, skip_damaged=true (lucid export --skip-damaged) gives all other chunks.");
        }
    }

    private async Task<ChunkDamagedException?> FindDamageAsync(string recorder, ChunkLeaf leaf, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(leaf.CipherLength);
        try
        {
            await FetchAsync(recorder, leaf, buffer.AsMemory(0, leaf.CipherLength), cancellation);
            return null;
        }
        catch (ChunkDamagedException damage)
        {
            return damage;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
