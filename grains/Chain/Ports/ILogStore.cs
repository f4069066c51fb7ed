using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;

namespace Lucid.Grains.Chain.Ports;

/// <summary>
/// The log on this node's disk: every entry, and the hash of every complete subtree. Derived from the blocks: after a crash it is cut back
/// or filled up to what the last final block says.
/// </summary>
public interface ILogStore
{
    /// <summary>Entries held.</summary>
    ulong Size { get; }

    /// <summary>Something was found that cannot be right: all of it is to be made again from the blocks.</summary>
    bool IsDoubted { get; }

    /// <summary>Notes that what the log holds of some entries is not right, and makes the error that says so and names the file.</summary>
    LedgerDamagedException Doubt(string damage);

    /// <summary>Appends entries and the hashes that become complete with them. On the disk when this returns.</summary>
    Task AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken cancellation);

    /// <summary>The hash of the complete subtree of 2^<paramref name="level"/> leaves number <paramref name="index"/>; it must be complete at <see cref="Size"/>.</summary>
    Hash256 Node(int level, ulong index);

    /// <summary>The bytes of one entry.</summary>
    ValueTask<byte[]> EntryAsync(ulong index, CancellationToken cancellation);

    /// <summary>Forgets entries from <paramref name="size"/> on; of none is doubted after all were.</summary>
    Task TruncateAsync(ulong size, CancellationToken cancellation);
}

/// <summary>
/// Every checkpoint that was published, with its cosignatures: receipts are served under the first one that covers their entry, and a restart
/// serves the newest at once. Not derived: other validators' signatures are in it.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>The newest; null before the first. Swapped whole, so that whoever reads beside a block that is made final reads one checkpoint.</summary>
    PublishedCheckpoint? Published { get; }

    /// <summary>The size of <see cref="Published"/>; 0 before the first.</summary>
    ulong PublishedSize => Published?.Size ?? 0;

    /// <summary>The note that was published for exactly that size; null where none was.</summary>
    ValueTask<byte[]?> ReadAsync(ulong size, CancellationToken cancellation);

    /// <summary>Adds one of a size above <see cref="PublishedSize"/>, or the first. It is on the disk when this returns.</summary>
    Task PublishAsync(ulong size, ReadOnlyMemory<byte> note, CancellationToken cancellation);
}

/// <param name="Size">The size that the note states.</param>
/// <param name="Note">The signed note.</param>
public sealed record PublishedCheckpoint(ulong Size, byte[] Note);
