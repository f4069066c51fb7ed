using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>One event's way through the rules. The state is immutable; this holds the newest one and what is to be done.</summary>
internal sealed class ConsensusTurn(ConsensusState state)
{
    private readonly ImmutableArray<ConsensusOutput>.Builder _outputs = ImmutableArray.CreateBuilder<ConsensusOutput>();

    public ConsensusState State { get; private set; } = state;
    public ImmutableArray<ConsensusOutput> Outputs => _outputs.ToImmutable();

    private ConsensusRules Rules => State.Rules;

    public void Take(ConsensusEvent happened)
    {
        switch (happened)
        {
            case HeightDue:
                // A repeated tick must not begin round 0 again: the node could propose twice in it.
                if (State.Step == ConsensusStep.Waiting)
                    EnterRound(0);
                break;
            case BlockMade made:
                TakeMade(made);
                break;
            case ProposalReceived received:
                TakeProposal(received.Proposal, received.Acceptable);
                break;
            case BlockKnown known:
                Know(known.BlockId, known.Acceptable);
                break;
            case VoteReceived received:
                TakeVote(received.Vote);
                break;
            case CertificateReceived received:
                TakeCertificate(received.Certificate);
                break;
            case TimerElapsed elapsed:
                TakeTimer(elapsed);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(happened), happened, "Not an event of consensus.");
        }
    }

    /// <summary>Applies every rule until none has anything left to do.</summary>
    public void Advance()
    {
        while (State.Decision is null && (DecideOnQuorum() || SkipToLaterRound() || VoteOnProposal() || FollowPrevotes()))
        {
        }
        if (State.Decision is null && State.Round >= 0)
            SetVoteTimers();
    }

    private void EnterRound(int round)
    {
        State = State with
        {
            Round = round,
            Step = ConsensusStep.Propose,
            Memory = new VoteMemory(Rules.Height, round, null, null, null, State.Locked, State.Valid),
        };
        if (Rules.Self == Rules.Proposer(round))
        {
            // The valid block first: others may be locked on it, and a new one would only get nil from them (line 15).
            if (State.Valid is { } valid)
                ProposeBlock(valid.BlockId, valid.Round);
            else
                _outputs.Add(new MakeBlock(round));
        }
        // The proposer waits as well: making the block may fail, and the round must end all the same.
        _outputs.Add(new SetTimer(TimerKind.Propose, round, Rules.Wait(TimerKind.Propose, round)));
    }

    private void TakeMade(BlockMade made)
    {
        Know(made.BlockId, acceptable: true);
        // A block that comes too late, or after the restart of a round already proposed in, would be a second proposal of the round.
        if (made.Round == State.Round && State.Step == ConsensusStep.Propose && State.Memory.Proposal is null &&
            Rules.Self == Rules.Proposer(made.Round))
            ProposeBlock(made.BlockId, validRound: null);
    }

    private void ProposeBlock(Hash256 block, int? validRound)
    {
        State = State with { Memory = State.Memory with { Proposal = block } };
        _outputs.Add(new Propose(new Proposal(Rules.Network, Rules.Height, State.Round, validRound, block), State.Memory));
    }

    private void TakeProposal(SignedProposal signed, bool acceptable)
    {
        var proposal = signed.Proposal;
        if (proposal.Height != Rules.Height || proposal.Round > Math.Max(State.Round, 0) + ConsensusEngine.RoundsAhead)
            return;
        var messages = State.MessagesOf(proposal.Round);
        // What is known already is not verified again, but its block may have become acceptable meanwhile.
        if (messages.Proposal?.Proposal == proposal)
        {
            Know(proposal.BlockId, acceptable);
            return;
        }
        // Only the round's own proposer: else any validator could bring in a block when it is not its turn.
        if (signed.Signature.Validator != Rules.Proposer(proposal.Round) || !signed.Verify(Rules.Validators))
            return;
        if (messages.Proposal is { } first)
        {
            // The first one stands. Counting the second would let a faulty proposer split the votes at will.
            _outputs.Add(new EquivocationSeen(signed.Signature.Validator, first.Encode(), signed.Encode()));
            return;
        }
        Store(proposal.Round, messages with { Proposal = signed });
        Know(proposal.BlockId, acceptable);
    }

    private void Know(Hash256 block, bool acceptable)
    {
        // A block only ever becomes acceptable: what was too far ahead in time is not later on.
        if (!State.Blocks.GetValueOrDefault(block))
            State = State with { Blocks = State.Blocks.SetItem(block, acceptable) };
    }

    private void TakeVote(SignedVote signed)
    {
        var vote = signed.Vote;
        var validator = signed.Signature.Validator;
        if (vote.Height != Rules.Height)
            return;
        var messages = State.MessagesOf(vote.Round);
        // What is known already is not verified again: repetition costs nobody anything.
        if (messages.Votes(vote.Kind).ContainsKey((validator, vote.BlockId)) || !signed.Verify(Rules.Validators))
            return;
        if (messages.AnyOf(vote.Kind, validator) is { } other)
        {
            _outputs.Add(new EquivocationSeen(validator, other.Encode(), signed.Encode()));
            // It counts for this block too. Two quorums share an honest validator whatever the others say twice; but if only the first
            // word counted, a faulty validator could tell every node another one first, and hide from it the quorum that another locked
            // on. For blocks at hand only, or such words would have no bound.
            if (!vote.IsNil && !State.Blocks.ContainsKey(vote.BlockId))
                return;
        }
        if (vote.Round > State.Latest.GetValueOrDefault(validator, -1))
            State = State with { Latest = State.Latest.SetItem(validator, vote.Round) };
        if (vote.Round <= Math.Max(State.Round, 0) + ConsensusEngine.RoundsAhead)
            Store(vote.Round, messages.With(signed));
    }

    private void TakeCertificate(CommitCertificate certificate)
    {
        // Verified like a stranger's, and only with the content at hand: a decision without its block could not be stored.
        if (certificate.Height == Rules.Height && State.Blocks.ContainsKey(certificate.BlockId) &&
            certificate.FindFault(Rules.Validators) is null)
            Decide(certificate);
    }

    private void TakeTimer(TimerElapsed elapsed)
    {
        // A timer of another round, or of a step that is over, says nothing any more: acting on it would be a vote out of turn.
        if (elapsed.Round != State.Round)
            return;
        if (elapsed.Kind == TimerKind.Propose && State.Step == ConsensusStep.Propose)
            Cast(VoteKind.Prevote, Hash256.Zero);
        else if (elapsed.Kind == TimerKind.Prevote && State.Step == ConsensusStep.Prevote)
            Cast(VoteKind.Precommit, Hash256.Zero);
        else if (elapsed.Kind == TimerKind.Precommit)
            EnterRound(State.Round + 1);
    }

    /// <summary>Line 49: a quorum of precommits of any round for a block that is at hand makes it final.</summary>
    private bool DecideOnQuorum()
    {
        foreach (var (round, messages) in State.Rounds)
        {
            // Of one round: precommits of different rounds do not add up, because a validator may be freed between them.
            if (messages.QuorumOf(VoteKind.Precommit, Rules.Quorum) is not { } block || block == Hash256.Zero ||
                !State.Blocks.ContainsKey(block))
                continue;
            Decide(new CommitCertificate(Rules.Network, Rules.Height, round, block,
                messages.For(VoteKind.Precommit, block)));
            return true;
        }
        return false;
    }

    private void Decide(CommitCertificate certificate)
    {
        State = State with { Decision = certificate };
        _outputs.Add(new Decided(certificate));
    }

    /// <summary>
    /// Line 55: more than a third are in a later round, so an honest one is. Following fewer would let faulty validators drag everyone
    /// through rounds; following none would leave a node that was away behind for ever.
    /// </summary>
    private bool SkipToLaterRound()
    {
        var later = State.Latest.Values.Where(round => round > State.Round).OrderDescending().ToArray();
        if (later.Length < Rules.OneHonest)
            return false;
        EnterRound(later[Rules.OneHonest - 1]);
        return true;
    }

    /// <summary>Lines 22 and 28: prevote once on the round's proposal.</summary>
    private bool VoteOnProposal()
    {
        if (State.Step != ConsensusStep.Propose || State.MessagesOf(State.Round).Proposal is not { Proposal: var proposal })
            return false;
        if (proposal.ValidRound is { } validRound)
        {
            // The proposer's word that a quorum prevoted this block before is not enough: we wait to see those votes.
            if (State.MessagesOf(validRound).QuorumOf(VoteKind.Prevote, Rules.Quorum) != proposal.BlockId)
                return false;
        }
        // A lock gives way to the same block, or to a quorum of prevotes at or after the round of the lock. Voting for another block
        // without such a quorum could help make it final beside the one that we precommitted.
        var free = State.Locked is not { } locked || locked.BlockId == proposal.BlockId || locked.Round <= proposal.ValidRound;
        Cast(VoteKind.Prevote, free && State.Blocks.GetValueOrDefault(proposal.BlockId) ? proposal.BlockId : Hash256.Zero);
        return true;
    }

    /// <summary>Lines 36 and 44: a quorum of prevotes in the current round.</summary>
    private bool FollowPrevotes()
    {
        if (State.Round < 0 || State.Step < ConsensusStep.Prevote ||
            State.MessagesOf(State.Round).QuorumOf(VoteKind.Prevote, Rules.Quorum) is not { } block)
            return false;
        if (block == Hash256.Zero)
        {
            if (State.Step != ConsensusStep.Prevote)
                return false;
            Cast(VoteKind.Precommit, Hash256.Zero);
            return true;
        }
        // Only with the content at hand and acceptable: a precommit for a block that nobody can produce would lock us on nothing.
        if (!State.Blocks.GetValueOrDefault(block))
            return false;
        if (State.Valid is { } known && known.Round == State.Round && known.BlockId == block)
            return false;
        var polka = new Polka(State.Round, block, State.MessagesOf(State.Round).For(VoteKind.Prevote, block));
        State = State with { Valid = polka };
        if (State.Step == ConsensusStep.Prevote)
        {
            // Locked before the precommit is sent: the lock is what keeps the promise that the precommit makes. Where it is too late to
            // precommit, we still propose the block when our turn comes, because others may be locked on it.
            State = State with { Locked = new RoundBlock(State.Round, block) };
            Cast(VoteKind.Precommit, block);
        }
        if (Rules.Self is not null)
            _outputs.Add(new RelayVotes(polka.Votes(Rules.Network, Rules.Height)));
        return true;
    }

    /// <summary>Lines 34 and 47: a quorum has voted, but not for one block. Wait once for the rest, then move on.</summary>
    private void SetVoteTimers()
    {
        var messages = State.MessagesOf(State.Round);
        if (!messages.PrevoteTimerSet && State.Step == ConsensusStep.Prevote && messages.Voters(VoteKind.Prevote) >= Rules.Quorum)
        {
            Store(State.Round, messages = messages with { PrevoteTimerSet = true });
            _outputs.Add(new SetTimer(TimerKind.Prevote, State.Round, Rules.Wait(TimerKind.Prevote, State.Round)));
        }
        if (!messages.PrecommitTimerSet && messages.Voters(VoteKind.Precommit) >= Rules.Quorum)
        {
            Store(State.Round, messages with { PrecommitTimerSet = true });
            _outputs.Add(new SetTimer(TimerKind.Precommit, State.Round, Rules.Wait(TimerKind.Precommit, State.Round)));
        }
    }

    private void Cast(VoteKind kind, Hash256 block)
    {
        var memory = State.Memory with { Locked = State.Locked, Valid = State.Valid };
        State = State with
        {
            Step = kind == VoteKind.Prevote ? ConsensusStep.Prevote : ConsensusStep.Precommit,
            Memory = kind == VoteKind.Prevote ? memory with { Prevote = block } : memory with { Precommit = block },
        };
        // A node that only follows goes through the same steps and says nothing.
        if (Rules.Self is not null)
            _outputs.Add(new CastVote(new Vote(kind, Rules.Network, Rules.Height, State.Round, block), State.Memory));
    }

    private void Store(int round, RoundMessages messages) => State = State with { Rounds = State.Rounds.SetItem(round, messages) };
}
