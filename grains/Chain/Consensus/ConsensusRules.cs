using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>What does not change while one height is being decided.</summary>
public sealed record ConsensusRules
{
    /// <param name="self">This node's index in the set, or null for one that only follows.</param>
    /// <param name="proposer">Whose turn a round is, as an index in the set; the same function on every node.</param>
    public ConsensusRules(ulong height, ValidatorSet validators, int? self, Func<int, int> proposer, TimeSpan timeout)
    {
        (Height, Validators, Self, Proposer, Timeout) = (height, validators, self, proposer, timeout);
        (Quorum, OneHonest) = (validators.Quorum, validators.OneHonest);
    }

    public ulong Height { get; init; }
    public ValidatorSet Validators { get; init; }
    public int? Self { get; init; }
    public Func<int, int> Proposer { get; init; }

    /// <summary>How long round 0 waits for a proposal. Later rounds wait longer by half of it each.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>
    /// More than two thirds. Two quorums share more than a third of the validators, so at least one honest one, who never votes twice:
    /// with fewer, two blocks could both be final.
    /// </summary>
    public int Quorum { get; init; }

    /// <summary>More than a third: among so many at least one is honest, so what they say of a later round is true.</summary>
    public int OneHonest { get; init; }

    public Hash256 Network => Validators.Network;

    /// <summary>
    /// How long a timer runs. It grows with the round, so that whatever the network's delay is, some round outlasts it; with a fixed
    /// one a slow network would never decide. At most ten minutes.
    /// </summary>
    public TimeSpan Wait(TimerKind kind, int round)
    {
        var halves = (kind == TimerKind.Propose ? 2L : 1L) + round;
        return TimeSpan.FromTicks(Math.Min(Timeout.Ticks / 2 * halves, TimeSpan.FromMinutes(10).Ticks));
    }
}

/// <summary>What a round waits for.</summary>
public enum TimerKind
{
    /// <summary>The proposal.</summary>
    Propose,

    /// <summary>More prevotes, once a quorum voted without agreeing.</summary>
    Prevote,

    /// <summary>More precommits, once a quorum voted without agreeing.</summary>
    Precommit,
}
