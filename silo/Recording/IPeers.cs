using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Recording;

/// <summary>The other recorders of the cluster, as this one's disk and keys need them. Bytes and keys go to them beside the grains, never through them.</summary>
public interface IPeers
{
    /// <summary>Where the others reach this recorder; null where there are none.</summary>
    RecorderAddress? Address { get; }

    /// <summary>Hands a session's key to others that can then take the session over.</summary>
    /// <returns>
    /// Those that have it durably, and after them those that may have it, since it was on its way to them and no answer came. Whoever could
    /// not be reached, or refused it, is left out.
    /// </returns>
    Task<ImmutableArray<string>> HandKeyAsync(Guid session, SessionKey key, Hash256 salt);

    /// <summary>Fetches the ciphertext of a chunk that another recorder has stored.</summary>
    /// <exception cref="GrainUnreachableException">That recorder is away; try again later.</exception>
    /// <exception cref="ChunkDamagedException">It is damaged or missing there.</exception>
    Task ReadCiphertextAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation);
}

/// <summary>A node that records alone.</summary>
internal sealed class NoPeers : IPeers
{
    public RecorderAddress? Address => null;

    public Task<ImmutableArray<string>> HandKeyAsync(Guid session, SessionKey key, Hash256 salt) => Task.FromResult(ImmutableArray<string>.Empty);

    public Task ReadCiphertextAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation) =>
        throw new GrainUnreachableException($"recorder/{recorder}", "this node is in no cluster");
}
