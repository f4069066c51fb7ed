using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>Where a node stands within a round.</summary>
public enum ConsensusStep
{
    /// <summary>The height's interval is not over.</summary>
    Waiting,

    /// <summary>Waits for the proposal.</summary>
    Propose,

    /// <summary>Has prevoted.</summary>
    Prevote,

    /// <summary>Has precommitted.</summary>
    Precommit,
}

/// <summary>What one node knows of one height. Made by <see cref="ConsensusEngine.Begin"/>; changed only by <see cref="ConsensusEngine"/>.</summary>
public sealed record ConsensusState
{
    public required ConsensusRules Rules { get; init; }

    /// <summary>-1 while waiting.</summary>
    public int Round { get; init; } = -1;

    public ConsensusStep Step { get; init; } = ConsensusStep.Waiting;

    /// <summary>The block this node precommitted last. It votes for no other unless a later quorum of prevotes frees it.</summary>
    public RoundBlock? Locked { get; init; }

    /// <summary>The block that last had a quorum of prevotes: what this node proposes when its turn comes.</summary>
    public Polka? Valid { get; init; }

    /// <summary>What this node signed in the current round.</summary>
    public VoteMemory Memory { get; init; } = VoteMemory.Empty;

    public ImmutableSortedDictionary<int, RoundMessages> Rounds { get; init; } = ImmutableSortedDictionary<int, RoundMessages>.Empty;

    /// <summary>The blocks whose content is at hand, and whether they are acceptable.</summary>
    public ImmutableDictionary<Hash256, bool> Blocks { get; init; } = ImmutableDictionary<Hash256, bool>.Empty;

    /// <summary>The latest round that each validator voted in.</summary>
    public ImmutableDictionary<int, int> Latest { get; init; } = ImmutableDictionary<int, int>.Empty;

    /// <summary>What made the height final.</summary>
    public CommitCertificate? Decision { get; init; }

    internal RoundMessages MessagesOf(int round) => Rounds.GetValueOrDefault(round, RoundMessages.None);
}

/// <summary>What came for one round: the first proposal, and the votes by validator and block.</summary>
public sealed record RoundMessages(
    SignedProposal? Proposal, ImmutableSortedDictionary<(int Validator, Hash256 Block), SignedVote> Prevotes,
    ImmutableSortedDictionary<(int Validator, Hash256 Block), SignedVote> Precommits, bool PrevoteTimerSet, bool PrecommitTimerSet)
{
    public static RoundMessages None { get; } = new(
        null, ImmutableSortedDictionary<(int, Hash256), SignedVote>.Empty, ImmutableSortedDictionary<(int, Hash256), SignedVote>.Empty,
        false, false);

    internal ImmutableSortedDictionary<(int Validator, Hash256 Block), SignedVote> Votes(VoteKind kind) =>
        kind == VoteKind.Prevote ? Prevotes : Precommits;

    internal RoundMessages With(SignedVote vote)
    {
        var key = (vote.Signature.Validator, vote.Vote.BlockId);
        return vote.Vote.Kind == VoteKind.Prevote
            ? this with { Prevotes = Prevotes.SetItem(key, vote) }
            : this with { Precommits = Precommits.SetItem(key, vote) };
    }

    /// <summary>The first vote of that validator, in the order of blocks; null for none.</summary>
    internal SignedVote? AnyOf(VoteKind kind, int validator) =>
        Votes(kind).FirstOrDefault(vote => vote.Key.Validator == validator).Value;

    /// <summary>How many validators cast a vote of that kind.</summary>
    internal int Voters(VoteKind kind) => Votes(kind).Keys.Select(key => key.Validator).Distinct().Count();

    /// <summary>The signatures for one block (zero for nil), by ascending validators.</summary>
    internal ImmutableArray<IndexedSignature> For(VoteKind kind, Hash256 block) =>
        [.. Votes(kind).Where(vote => vote.Key.Block == block).Select(vote => vote.Value.Signature)];

    /// <summary>The block (zero for nil) that at least <paramref name="quorum"/> validators voted for; null where none has so many.</summary>
    internal Hash256? QuorumOf(VoteKind kind, int quorum)
    {
        var votes = Votes(kind);
        if (votes.Count < quorum)
            return null;
        foreach (var group in votes.Keys.GroupBy(key => key.Block))
        {
            if (group.Count() >= quorum)
                return group.Key;
        }
        return null;
    }
}
