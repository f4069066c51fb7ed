using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Chain.Ports;

/// <summary>What this validator signed last, on its own disk: durable before anything signed leaves the node.</summary>
public interface IVoteStore
{
    /// <summary>What was saved last; <see cref="VoteMemory.Empty"/> on first start.</summary>
    VoteMemory Last { get; }

    /// <summary>Saves durably.</summary>
    /// <exception cref="InvalidOperationException"><see cref="VoteMemory.FindConflict"/> found one: signing it would contradict what was signed.</exception>
    Task SaveAsync(VoteMemory next, CancellationToken cancellation);
}
