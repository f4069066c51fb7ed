using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Silo.Ledger;

/// <summary>
/// Stands for the files of a ledger of which one is damaged: whoever needs any of them is told which, and what would help. So a node
/// records on, and what it recorded is anchored once the file is back.
/// </summary>
internal sealed class UnavailableLedger(LedgerDamagedException fault) :
    IVoteStore, ICheckpointStore, IBlockStore, ICandidateStore, ILogStore, ILedgerIndex
{
    VoteMemory IVoteStore.Last => throw Fault();
    PublishedCheckpoint? ICheckpointStore.Published => throw Fault();
    ulong IBlockStore.Height => throw Fault();
    ulong ILogStore.Size => throw Fault();
    bool ILogStore.IsDoubted => throw Fault();
    bool ILedgerIndex.IsDoubted => throw Fault();
    ulong ILedgerIndex.Height => throw Fault();
    LedgerCounts ILedgerIndex.Counts => throw Fault();

    Task IVoteStore.SaveAsync(VoteMemory next, CancellationToken cancellation) => throw Fault();
    ValueTask<byte[]?> ICheckpointStore.ReadAsync(ulong size, CancellationToken cancellation) => throw Fault();
    Task ICheckpointStore.PublishAsync(ulong size, ReadOnlyMemory<byte> note, CancellationToken cancellation) => throw Fault();
    ValueTask<Block?> IBlockStore.ReadAsync(ulong height, CancellationToken cancellation) => throw Fault();
    Task IBlockStore.AppendAsync(Block block, CancellationToken cancellation) => throw Fault();
    Task ICandidateStore.KeepAsync(ulong height, Hash256 id, ReadOnlyMemory<byte> block, CancellationToken cancellation) => throw Fault();
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ICandidateStore.ReadAsync(ulong height, CancellationToken cancellation) => throw Fault();
    void ICandidateStore.Forget(ulong height) => throw Fault();
    Task ILogStore.AppendAsync(IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken cancellation) => throw Fault();
    Hash256 ILogStore.Node(int level, ulong index) => throw Fault();
    ValueTask<byte[]> ILogStore.EntryAsync(ulong index, CancellationToken cancellation) => throw Fault();
    Task ILogStore.TruncateAsync(ulong size, CancellationToken cancellation) => throw Fault();
    LedgerDamagedException ILogStore.Doubt(string damage) => Fault();
    LedgerDamagedException ILedgerIndex.Doubt(string damage) => Fault();

    Task ILedgerIndex.ApplyAsync(
        BlockHeader header, long sizeBytes, IReadOnlyList<LedgerEntry> entries, ulong firstIndex, CancellationToken cancellation) => throw Fault();

    Task ILedgerIndex.ResetAsync(CancellationToken cancellation) => throw Fault();
    EntryPlace? ILedgerIndex.Find(EntryKey key) => throw Fault();
    ulong? ILedgerIndex.HeightOf(Hash256 blockId) => throw Fault();
    ulong? ILedgerIndex.FirstCovering(ulong logSize) => throw Fault();
    IReadOnlyList<IndexedBlock> ILedgerIndex.Blocks(ulong from, ulong to) => throw Fault();

    // A new one each time: many throw at once, and an exception keeps where it was thrown.
    private LedgerDamagedException Fault() => new(fault.Message);
}
