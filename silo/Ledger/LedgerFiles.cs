using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Ledger;

/// <summary>
/// Everything of the ledger that lies on this node's disk, opened in the order in which one file can vouch for the next: keys, genesis, last
/// vote, published checkpoint, blocks, and then what is derived from the blocks. The caller holds the data directory's lock. Without keys and
/// genesis there is no node; damage to anything after them leaves a ledger that says so (<see cref="UnavailableLedger"/>), and recording goes on.
/// </summary>
public sealed class LedgerFiles : IDisposable
{
    private readonly Stack<IDisposable> _open;

    private LedgerFiles(DataFolder folder, GenesisRequest request, TimeProvider clock, ILogger logger, Stack<IDisposable> open)
    {
        _open = open;
        DurableFile.CreateDirectory(folder.Ledger);
        DurableFile.RemoveUnfinished(folder.Ledger);
        var (genesis, blocks) = (At("genesis"), At("blocks"));
        var hasBlocks = Directory.Exists(blocks) && Directory.EnumerateFiles(blocks, "*" + BlockSegment.Extension).Any();

        // Keys come before the genesis that names them, and everything before the first block: so what is missing later was lost.
        Keys = KeyFiles.Open(folder.Keys, mayCreate: !hasBlocks && !File.Exists(genesis));
        Genesis = GenesisFile.Open(genesis, request, Keys, clock, mayCreate: !hasBlocks);
        Self = GenesisFile.Self(Genesis, Keys.Identity.PublicKey);
        try
        {
            var votes = Opened(VoteFile.Open(At("votes"), mayCreate: !hasBlocks));
            ICheckpointStore checkpoints = Opened(CheckpointStore.Open(At("checkpoints.db"), new CheckpointRules(Genesis, Keys), logger));
            var candidates = CandidateFiles.Open(At("candidates"), logger);
            // Who votes at a height has the block below it on the disk.
            var proven = new ProvenBlocks(votes.Last.Height == 0 ? 0 : votes.Last.Height - 1, checkpoints.PublishedSize, IsPromised);
            var stored = Opened(BlockFiles.Open(blocks, Genesis, proven, logger));
            var log = Opened(LogFiles.Open(At("log"), logger));
            if (log.Size >= stored.LogSize && stored.LogRoot is { } root && MerkleFrontier.Of(stored.LogSize, log.Node).Root() != root)
            {
                logger.LogWarning("{Folder}: the hashes in these files do not give the log root of the last block; they are made again from the blocks", At("log"));
                log.Forget();
            }
            (Votes, Checkpoints, Candidates, Blocks, Log) = (votes, checkpoints, candidates, stored, log);
            Index = Opened(LedgerIndex.Open(At("index.db"), Genesis.Network, stored.IdOf, logger));

            bool IsPromised(ulong height, Hash256 previous) =>
                votes.Last.Height == height && votes.Last.Precommit is { } id && candidates.Find(height, id)?.Header is { } header &&
                header.PreviousId == previous && header.LogSize >= checkpoints.PublishedSize;
        }
        catch (Exception damage) when (damage is LedgerDamagedException or IOException or UnauthorizedAccessException)
        {
            Close(open);
            var fault = damage as LedgerDamagedException ??
                new LedgerDamagedException(folder.Ledger, null, $"its files cannot be opened ({damage.Message})", "Look at the disk, and make the folder readable and writable for this user");
            logger.LogError("The ledger makes no blocks until this is mended and the node started again; sessions are recorded, and wait for their anchors. {Damage}", fault.Message);
            var none = new UnavailableLedger(fault);
            (Votes, Checkpoints, Blocks, Candidates, Log, Index) = (none, none, none, none, none, none);
        }

        string At(string name) => Path.Combine(folder.Ledger, name);
    }

    public Genesis Genesis { get; }

    /// <summary>This node among the validators of the genesis.</summary>
    public Validator Self { get; }

    public IValidatorKeys Keys { get; }
    public IVoteStore Votes { get; }
    public IBlockStore Blocks { get; }
    public ICandidateStore Candidates { get; }
    public ICheckpointStore Checkpoints { get; }

    /// <summary>May be behind or ahead of the blocks; whoever starts the chain cuts it back or fills it up.</summary>
    public ILogStore Log { get; }

    /// <summary>May be behind the blocks, never ahead; whoever starts the chain applies the rest.</summary>
    public ILedgerIndex Index { get; }

    /// <summary>Opens the ledger of a data directory, and on first start makes it.</summary>
    /// <exception cref="LedgerDamagedException">The node's keys or the genesis are missing or damaged.</exception>
    /// <exception cref="GenesisMismatchException">The genesis is not what was asked for.</exception>
    public static LedgerFiles Open(DataFolder folder, GenesisRequest request, TimeProvider clock, ILogger logger)
    {
        var open = new Stack<IDisposable>();
        try
        {
            return new LedgerFiles(folder, request, clock, logger, open);
        }
        catch
        {
            Close(open);
            throw;
        }
    }

    public void Dispose() => Close(_open);

    private static void Close(Stack<IDisposable> open)
    {
        while (open.TryPop(out var file))
            file.Dispose();
    }

    private T Opened<T>(T file) where T : IDisposable
    {
        _open.Push(file);
        return file;
    }
}
