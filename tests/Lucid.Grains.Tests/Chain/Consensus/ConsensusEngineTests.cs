using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain.Consensus;

/// <summary>One node of four (index 3, never the proposer of the first rounds) and what it does, rule by rule. Rounds, timers and restarts stand in a file of their own.</summary>
public sealed partial class ConsensusEngineTests
{
    private static readonly TestNetwork Net = new(4);
    private static readonly Hash256 A = Hash256.Of("A"u8), B = Hash256.Of("B"u8), Nil = Hash256.Zero;

    private ConsensusState _state;
    private ImmutableArray<ConsensusOutput> _outputs;

    public ConsensusEngineTests() =>
        (_state, _outputs) = ConsensusEngine.Begin(Rules(Net, 3), VoteMemory.Empty);

    private static ConsensusRules Rules(TestNetwork net, int self) =>
        new(5, net.Validators, self, round => round % net.Validators.Count, TimeSpan.FromSeconds(5));

    private void Say(ConsensusEvent happened) => (_state, _outputs) = ConsensusEngine.Handle(_state, happened);

    private void Proposes(int round, Hash256 block, int? validRound = null, bool acceptable = true) =>
        Say(new ProposalReceived(SignedProposal.Sign(
            new Proposal(Net.Genesis.Network, 5, round, validRound, block), round % 4, Net.Keys[round % 4]), acceptable));

    private void Votes(VoteKind kind, int round, Hash256 block, params int[] validators)
    {
        var outputs = ImmutableArray.CreateBuilder<ConsensusOutput>();
        foreach (var validator in validators)
        {
            Say(new VoteReceived(SignedVote.Sign(new Vote(kind, Net.Genesis.Network, 5, round, block), validator, Net.Keys[validator])));
            outputs.AddRange(_outputs);
        }
        _outputs = outputs.ToImmutable();
    }

    private Vote Cast() => Assert.Single(_outputs.OfType<CastVote>()).Vote;

    private void AssertCast(VoteKind kind, Hash256 block) => Assert.Equal((kind, block), (Cast().Kind, Cast().BlockId));

    private void LockOnA()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Votes(VoteKind.Prevote, 0, A, 0, 1, 3);
        AssertCast(VoteKind.Precommit, A);
    }

    private void MoveToRound(int round)
    {
        Votes(VoteKind.Precommit, round - 1, Nil, 0, 1, 2);
        Say(new TimerElapsed(TimerKind.Precommit, round - 1));
        Assert.Equal(round, _state.Round);
    }

    [Fact]
    public void Proposal_Acceptable_IsPrevoted()
    {
        Say(new HeightDue());
        Proposes(0, A);
        AssertCast(VoteKind.Prevote, A);
    }

    [Fact]
    public void Proposal_NotAcceptable_IsPrevotedNil()
    {
        Say(new HeightDue());
        Proposes(0, A, acceptable: false);
        AssertCast(VoteKind.Prevote, Nil);
    }

    [Fact]
    public void Proposal_OutOfTurn_IsIgnored()
    {
        Say(new HeightDue());
        Say(new ProposalReceived(SignedProposal.Sign(new Proposal(Net.Genesis.Network, 5, 0, null, A), 2, Net.Keys[2]), true));
        Assert.Empty(_outputs);
    }

    [Fact]
    public void Proposal_SignedByAnother_IsIgnored()
    {
        Say(new HeightDue());
        Say(new ProposalReceived(SignedProposal.Sign(new Proposal(Net.Genesis.Network, 5, 0, null, A), 0, Net.Keys[2]), true));
        Assert.Empty(_outputs);
    }

    [Fact]
    public void Proposal_BeforeTheHeightIsDue_IsVotedOnWhenItIs()
    {
        Proposes(0, A);
        Assert.Empty(_outputs);
        Say(new HeightDue());
        AssertCast(VoteKind.Prevote, A);
    }

    [Fact]
    public void Proposal_ASecondOfTheRound_IsEvidence()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Proposes(0, B);
        Assert.Equal(0, Assert.Single(_outputs.OfType<EquivocationSeen>()).Validator);
        Assert.DoesNotContain(B, _state.Blocks.Keys);
    }

    [Fact]
    public void Propose_TimesOut_PrevotesNil()
    {
        Say(new HeightDue());
        Say(new TimerElapsed(TimerKind.Propose, 0));
        AssertCast(VoteKind.Prevote, Nil);
    }

    [Fact]
    public void Prevotes_AQuorumForTheBlock_IsPrecommittedAndLocked()
    {
        LockOnA();
        Assert.Equal(new RoundBlock(0, A), _state.Locked);
        Assert.Equal(new RoundBlock(0, A), Assert.Single(_outputs.OfType<CastVote>()).Memory.Locked);
    }

    [Fact]
    public void Prevotes_OneShortOfAQuorum_DoNothing()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Votes(VoteKind.Prevote, 0, A, 0, 1);
        Assert.Empty(_outputs);
    }

    [Fact]
    public void Prevotes_OneValidatorThrice_CountOnce()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Votes(VoteKind.Prevote, 0, A, 0, 0, 0);
        Assert.Empty(_outputs);
    }

    [Fact]
    public void Prevotes_AQuorumForABlockNotAtHand_AreNotFollowed()
    {
        Say(new HeightDue());
        Say(new TimerElapsed(TimerKind.Propose, 0));
        Votes(VoteKind.Prevote, 0, A, 0, 1, 2);
        Assert.Empty(_outputs.OfType<CastVote>());
        Assert.Null(_state.Locked);
    }

    [Fact]
    public void Prevotes_AQuorumForNil_PrecommitsNil()
    {
        Say(new HeightDue());
        Say(new TimerElapsed(TimerKind.Propose, 0));
        Votes(VoteKind.Prevote, 0, Nil, 0, 1, 2);
        AssertCast(VoteKind.Precommit, Nil);
    }

    [Fact]
    public void Prevotes_AQuorumDivided_SetsATimerOnceThenPrecommitsNil()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Votes(VoteKind.Prevote, 0, A, 0, 3);
        Votes(VoteKind.Prevote, 0, Nil, 1, 2);
        Assert.Equal(TimerKind.Prevote, Assert.Single(_outputs.OfType<SetTimer>()).Kind);
        Say(new TimerElapsed(TimerKind.Prevote, 0));
        AssertCast(VoteKind.Precommit, Nil);
    }

    [Fact]
    public void Vote_AnotherOfTheSameRound_IsEvidenceAndCountsForBoth()
    {
        Say(new HeightDue());
        Proposes(0, A);
        Votes(VoteKind.Prevote, 0, Nil, 0);
        Votes(VoteKind.Prevote, 0, A, 0, 1, 3);
        var seen = Assert.Single(_outputs.OfType<EquivocationSeen>());
        Assert.Equal(Nil, SignedVote.Parse(seen.First.Span).Vote.BlockId);
        Assert.Equal(A, SignedVote.Parse(seen.Second.Span).Vote.BlockId);
        Assert.Equal(new RoundBlock(0, A), _state.Locked);
    }

    [Fact]
    public void Vote_ManyOthersForUnknownBlocks_AreNotKept()
    {
        Say(new HeightDue());
        for (var block = 0; block < 100; block++)
            Votes(VoteKind.Prevote, 0, Hash256.Of(Encoding.UTF8.GetBytes($"{block}")), 0);
        Assert.Single(_state.MessagesOf(0).Prevotes);
    }

    [Fact]
    public void Prevotes_AQuorumFollowed_IsRelayedAndRemembered()
    {
        LockOnA();
        var relayed = Assert.Single(_outputs.OfType<RelayVotes>()).Votes;
        Assert.Equal([0, 1, 3], relayed.Select(vote => vote.Signature.Validator));
        Assert.All(relayed, vote => Assert.True(vote.Verify(Net.Validators)));
        var memory = VoteMemory.Parse(Assert.Single(_outputs.OfType<CastVote>()).Memory.Encode());
        (_, _outputs) = ConsensusEngine.Begin(Rules(Net, 3), memory);
        Assert.Equal(relayed, Assert.Single(_outputs.OfType<RelayVotes>()).Votes);
    }

    [Fact]
    public void Vote_OfAnotherHeightOrForged_IsIgnored()
    {
        Say(new HeightDue());
        Proposes(0, A);
        foreach (var vote in new[]
        {
            SignedVote.Sign(new Vote(VoteKind.Prevote, Net.Genesis.Network, 4, 0, A), 0, Net.Keys[0]),
            SignedVote.Sign(new Vote(VoteKind.Prevote, Hash256.Of("other"u8), 5, 0, A), 0, Net.Keys[0]),
            SignedVote.Sign(new Vote(VoteKind.Prevote, Net.Genesis.Network, 5, 0, A), 0, Net.Keys[1]),
            SignedVote.Sign(new Vote(VoteKind.Prevote, Net.Genesis.Network, 5, 0, A), 9, Net.Keys[1]),
        })
        {
            Say(new VoteReceived(vote));
        }
        Assert.Empty(_state.MessagesOf(0).Prevotes);
    }

    [Fact]
    public void Lock_AnotherBlockWithoutAQuorumOfPrevotes_IsPrevotedNil()
    {
        LockOnA();
        MoveToRound(1);
        Proposes(1, B);
        AssertCast(VoteKind.Prevote, Nil);
    }

    [Fact]
    public void Lock_TheSameBlockAgain_IsPrevoted()
    {
        LockOnA();
        MoveToRound(1);
        Proposes(1, A);
        AssertCast(VoteKind.Prevote, A);
    }

    [Fact]
    public void Lock_AnotherBlockWithALaterQuorum_GivesWay()
    {
        LockOnA();
        MoveToRound(1);
        MoveToRound(2);
        Proposes(2, B, validRound: 1);
        Assert.Empty(_outputs.OfType<CastVote>());
        Votes(VoteKind.Prevote, 1, B, 0, 1, 2);
        AssertCast(VoteKind.Prevote, B);
    }

    [Fact]
    public void Lock_ForgottenOnPurpose_VotesForAnotherBlock()
    {
        LockOnA();
        MoveToRound(1);
        _state = _state with { Locked = null };
        Proposes(1, B);
        AssertCast(VoteKind.Prevote, B);
    }

    [Fact]
    public void Lock_AnEarlierQuorum_DoesNotFree()
    {
        Say(new HeightDue());
        Votes(VoteKind.Prevote, 0, B, 0, 1, 2);
        Say(new TimerElapsed(TimerKind.Propose, 0));
        MoveToRound(1);
        Proposes(1, A);
        Votes(VoteKind.Prevote, 1, A, 0, 1, 3);
        MoveToRound(2);
        Proposes(2, B, validRound: 0);
        AssertCast(VoteKind.Prevote, Nil);
    }

    [Fact]
    public void Precommits_AQuorum_DecidesWithAValidCertificate()
    {
        LockOnA();
        Votes(VoteKind.Precommit, 0, A, 0, 1, 3);
        var certificate = Assert.Single(_outputs.OfType<Decided>()).Certificate;
        Assert.Equal(A, certificate.BlockId);
        Assert.Null(certificate.FindFault(Net.Validators));
        Assert.Equal(certificate, _state.Decision);
    }

    [Fact]
    public void Precommits_OfDifferentRounds_DoNotAddUp()
    {
        LockOnA();
        Votes(VoteKind.Precommit, 0, A, 0, 3);
        Votes(VoteKind.Precommit, 1, A, 1, 2);
        Assert.Null(_state.Decision);
    }

    [Fact]
    public void Precommits_AQuorumOfAnEarlierRound_StillDecides()
    {
        LockOnA();
        Votes(VoteKind.Precommit, 0, A, 0, 3);
        Votes(VoteKind.Precommit, 2, Nil, 0, 1);
        Assert.Equal(2, _state.Round);
        Votes(VoteKind.Precommit, 0, A, 1);
        Assert.Equal(A, _state.Decision?.BlockId);
    }

    [Fact]
    public void Decided_FurtherEvents_ChangeNothing()
    {
        LockOnA();
        Votes(VoteKind.Precommit, 0, A, 0, 1, 3);
        var decided = _state;
        Proposes(1, B);
        Votes(VoteKind.Precommit, 1, B, 0, 1, 2);
        Assert.Same(decided, _state);
    }

    [Fact]
    public void Quorum_LoweredOnPurpose_DecidesTwoBlocks()
    {
        // Two quorums of two share no honest validator: the same votes make A final on one node and B on another.
        _state = _state with { Rules = _state.Rules with { Quorum = 2 } };
        var other = _state;
        Say(new BlockKnown(A, true));
        Votes(VoteKind.Precommit, 0, A, 0, 1);
        var first = _state.Decision;
        _state = other;
        Say(new BlockKnown(B, true));
        Votes(VoteKind.Precommit, 0, B, 2, 3);
        Assert.NotNull(first);
        Assert.NotNull(_state.Decision);
        Assert.NotEqual(first.BlockId, _state.Decision.BlockId);
        // What a verifier makes of either: not final.
        Assert.NotNull(first.FindFault(Net.Validators));
    }

    [Fact]
    public void Certificate_Valid_DecidesWithTheBlockAtHandOnly()
    {
        var certificate = new CommitCertificate(Net.Genesis.Network, 5, 3, A, [.. new[] { 0, 1, 2 }.Select(index =>
            SignedVote.Sign(new Vote(VoteKind.Precommit, Net.Genesis.Network, 5, 3, A), index, Net.Keys[index]).Signature)]);
        Say(new CertificateReceived(certificate));
        Assert.Null(_state.Decision);
        Say(new BlockKnown(A, true));
        Say(new CertificateReceived(certificate));
        Assert.Equal(A, _state.Decision?.BlockId);
    }
}
