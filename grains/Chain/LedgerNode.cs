using Lucid.Evidence.Ledger;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Grains.Chain;

/// <summary>
/// A node's ledger as the grains of that node share it: what lies on its disk, and the entries that wait. Only the chain grain writes.
/// </summary>
public sealed record LedgerNode(
    Genesis Genesis, IValidatorKeys Keys, IBlockStore Blocks, ICandidateStore Candidates, IVoteStore Votes, ILogStore Log,
    ICheckpointStore Checkpoints, ILedgerIndex Index, EntryPool Pool, ICpuPool Cpu)
{
    /// <summary>Who decides. The set does not change yet; where it is looked up by height, this is the one place to change.</summary>
    public ValidatorSet Validators => Genesis.Validators;

    /// <summary>The origin of this network's log.</summary>
    public string Origin => LedgerName.LogOrigin(Genesis.Network);

    /// <summary>Refuses while the log is being made again from the blocks and does not reach that far yet.</summary>
    /// <exception cref="LedgerUnavailableException">Try again in a moment.</exception>
    public void RequireLog(ulong size)
    {
        if (Log.Size < size)
            throw new LedgerUnavailableException($"The log is being made again from the blocks: {Log.Size} of {size} entries are there. Try again in a moment.");
    }

    /// <summary>The nodes of the log's tree, for proofs.</summary>
    public MerkleNodes LogNodes => Log.Node;
}
