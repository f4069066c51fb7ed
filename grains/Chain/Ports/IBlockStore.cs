using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Ports;

/// <summary>The final blocks that this node holds, on its own disk and nowhere else.</summary>
public interface IBlockStore
{
    /// <summary>The height of the last block; 0 before the first.</summary>
    ulong Height { get; }

    /// <summary>The block at a height with its certificate; null where there is none.</summary>
    ValueTask<Block?> ReadAsync(ulong height, CancellationToken cancellation);

    /// <summary>Appends the block after the last one, with its certificate. It is on the disk when this returns.</summary>
    Task AppendAsync(Block block, CancellationToken cancellation);
}

/// <summary>
/// Contents of blocks that are proposed at the next height but not final. Kept durably before a vote for one is signed: a validator that is
/// locked on a block it no longer has could not propose it again.
/// </summary>
public interface ICandidateStore
{
    /// <summary>Keeps a block's encoding (without certificate) durably.</summary>
    Task KeepAsync(ulong height, Hash256 id, ReadOnlyMemory<byte> block, CancellationToken cancellation);

    /// <summary>All kept candidates of that height.</summary>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(ulong height, CancellationToken cancellation);

    /// <summary>Forgets candidates of that height and below.</summary>
    void Forget(ulong height);
}
