using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain.Consensus;

/// <summary>How a node goes from round to round, and on after a restart.</summary>
public sealed partial class ConsensusEngineTests
{
    [Fact]
    public void Rounds_VotesOfMoreThanAThirdAhead_AreFollowed()
    {
        Say(new HeightDue());
        Votes(VoteKind.Prevote, 7, Nil, 0);
        Assert.Equal(0, _state.Round);
        Votes(VoteKind.Prevote, 9, Nil, 1);
        Assert.Equal(7, _state.Round);
    }

    [Fact]
    public void Rounds_VotesFarAhead_AreNotKept()
    {
        Say(new HeightDue());
        for (var round = 100; round < 200; round++)
            Votes(VoteKind.Prevote, round, Nil, 0);
        Assert.Empty(_state.Rounds);
        Assert.Equal(0, _state.Round);
    }

    [Fact]
    public void Timers_OfPastRounds_DoNothing()
    {
        LockOnA();
        MoveToRound(1);
        foreach (var kind in Enum.GetValues<TimerKind>())
        {
            Say(new TimerElapsed(kind, 0));
            Assert.Empty(_outputs);
        }
    }

    [Fact]
    public void Timers_OfLaterRounds_RunLonger()
    {
        foreach (var kind in Enum.GetValues<TimerKind>())
        {
            Assert.True(_state.Rules.Wait(kind, 1) > _state.Rules.Wait(kind, 0));
            Assert.Equal(TimeSpan.FromMinutes(10), _state.Rules.Wait(kind, int.MaxValue));
        }
    }

    [Fact]
    public void Proposer_WithAValidBlock_ProposesItAgain()
    {
        LockOnA();
        Votes(VoteKind.Precommit, 2, Nil, 0, 1);
        MoveToRound(3);
        var proposal = Assert.Single(_outputs.OfType<Propose>()).Proposal;
        Assert.Equal((A, 0, 3), (proposal.BlockId, proposal.ValidRound, proposal.Round));
    }

    [Fact]
    public void Proposer_BlockMadeAfterItsRound_DoesNotPropose()
    {
        Votes(VoteKind.Precommit, 3, Nil, 0, 1);
        Assert.Single(_outputs.OfType<MakeBlock>());
        Say(new TimerElapsed(TimerKind.Propose, 3));
        Say(new BlockMade(3, A));
        Assert.Empty(_outputs.OfType<Propose>());
    }

    [Fact]
    public void Restart_AfterThePrecommit_KeepsLockAndRound()
    {
        LockOnA();
        var memory = VoteMemory.Parse(Assert.Single(_outputs.OfType<CastVote>()).Memory.Encode());
        (_state, _outputs) = ConsensusEngine.Begin(Rules(Net, 3), memory);
        Assert.Equal((0, ConsensusStep.Precommit, new RoundBlock(0, A)), (_state.Round, _state.Step, _state.Locked));
        Say(new BlockKnown(A, true));
        Votes(VoteKind.Precommit, 0, A, 0, 1, 3);
        Assert.Equal(A, _state.Decision?.BlockId);
    }

    [Fact]
    public void Restart_MemoryAheadOfTheBlocks_OnlyFollows()
    {
        (_state, _) = ConsensusEngine.Begin(Rules(Net, 3), new VoteMemory(6, 0, null, A, null, null, null));
        Say(new HeightDue());
        Proposes(0, A);
        Assert.Empty(_outputs.OfType<CastVote>());
    }

    [Fact]
    public void OneValidator_ItsOwnBlock_IsFinalAtOnce()
    {
        var net = new TestNetwork(1);
        (_state, _) = ConsensusEngine.Begin(Rules(net, 0), VoteMemory.Empty);
        Say(new HeightDue());
        Assert.Single(_outputs.OfType<MakeBlock>());
        Say(new BlockMade(0, A));
        var proposal = Assert.Single(_outputs.OfType<Propose>()).Proposal;
        Say(new ProposalReceived(SignedProposal.Sign(proposal, 0, net.Keys[0]), true));
        AssertCast(VoteKind.Prevote, A);
        Say(new VoteReceived(SignedVote.Sign(Cast(), 0, net.Keys[0])));
        AssertCast(VoteKind.Precommit, A);
        Say(new VoteReceived(SignedVote.Sign(Cast(), 0, net.Keys[0])));
        Assert.Null(Assert.Single(_outputs.OfType<Decided>()).Certificate.FindFault(net.Validators));
    }
}
