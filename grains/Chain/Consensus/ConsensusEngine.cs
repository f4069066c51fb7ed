using System.Collections.Immutable;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>
/// Tendermint consensus on one block per height (Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus", arXiv:1807.04938; the
/// line numbers in comments are of its algorithm 1). Pure: no clock, no I/O, no tasks; the same state and event always give the same
/// result. With a single validator the same rules make its block final at once.
/// </summary>
public static class ConsensusEngine
{
    /// <summary>
    /// Votes for rounds further ahead than this are only counted as a sign that their round exists: without a bound, one faulty
    /// validator could fill the memory with votes for rounds that never come.
    /// </summary>
    public const int RoundsAhead = 32;

    /// <summary>
    /// The state in which a height begins, or goes on after a restart.
    /// </summary>
    /// <param name="memory">What the node last made durable; of an earlier height, or of this one.</param>
    /// <remarks>
    /// After a restart within the height: say <see cref="BlockKnown"/> of the kept block first, then <see cref="ProposalReceived"/> and
    /// <see cref="VoteReceived"/> of what <paramref name="memory"/> says was signed, signed again.
    /// </remarks>
    public static (ConsensusState State, ImmutableArray<ConsensusOutput> Outputs) Begin(ConsensusRules rules, VoteMemory memory)
    {
        // A node whose memory is ahead of its blocks has voted on heights that it no longer holds. It must not vote again before it
        // has caught up: it would not know what it contradicts.
        if (memory.Height > rules.Height)
            return (new ConsensusState { Rules = rules with { Self = null } }, []);
        var fresh = new ConsensusState { Rules = rules, Memory = new VoteMemory(rules.Height, 0, null, null, null, null, null) };
        if (memory.Height < rules.Height || memory.Step == SignedStep.Nothing)
            return (fresh, []);
        var state = fresh with
        {
            Round = memory.Round,
            Step = memory.Step switch
            {
                SignedStep.Precommit => ConsensusStep.Precommit,
                SignedStep.Prevote => ConsensusStep.Prevote,
                _ => ConsensusStep.Propose,
            },
            Locked = memory.Locked,
            Valid = memory.Valid,
            Memory = memory,
        };
        // The round may have lost its votes with the crash: each timer that could end it runs anew.
        var timer = state.Step switch
        {
            ConsensusStep.Propose => TimerKind.Propose,
            ConsensusStep.Prevote => TimerKind.Prevote,
            _ => TimerKind.Precommit,
        };
        var wait = new SetTimer(timer, state.Round, rules.Wait(timer, state.Round));
        if (memory.Valid is not { } valid)
            return (state, [wait]);
        var votes = valid.Votes(rules.Network, rules.Height);
        var messages = votes.Aggregate(RoundMessages.None, (round, vote) => round.With(vote));
        return (state with { Rounds = state.Rounds.Add(valid.Round, messages) }, [new RelayVotes(votes), wait]);
    }

    /// <summary>Takes one event. Messages that are not for this height, or not what they claim, change nothing.</summary>
    public static (ConsensusState State, ImmutableArray<ConsensusOutput> Outputs) Handle(ConsensusState state, ConsensusEvent happened)
    {
        // Once decided nothing may change: a second decision of the height would be a fork of our own making.
        if (state.Decision is not null)
            return (state, []);
        var turn = new ConsensusTurn(state);
        turn.Take(happened);
        turn.Advance();
        return (turn.State, turn.Outputs);
    }
}
