using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Tests.Chain.Consensus;

/// <summary>One node of a <see cref="ConsensusSimulation"/>: the shell around the engine, with a disk that survives and a memory that does not.</summary>
internal sealed class SimulatedNode(ConsensusSimulation simulation, int index, bool liar)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10), Resend = TimeSpan.FromSeconds(1);

    // The disk.
    private readonly List<CommitCertificate> _chain = [];
    private readonly HashSet<Hash256> _kept = [];
    private VoteMemory _memory = VoteMemory.Empty;

    // The memory.
    private readonly List<Action<SimulatedNode>> _sent = [];
    private ConsensusState _state = null!;
    private int _made;

    public int Index { get; } = index;
    public bool Liar { get; } = liar;
    public int Life { get; private set; }
    public ulong Height => (ulong)_chain.Count + 1;

    public string Describe() => $"height {Height} round {_state.Round} {_state.Step}{(Liar ? " (liar)" : "")}";

    public void Die()
    {
        Life++;
        if (simulation.Options.ForgetVotes)
            _memory = VoteMemory.Empty;
    }

    public void Start()
    {
        BeginHeight();
        simulation.Later(this, Resend, ResendAll);
    }

    private void BeginHeight()
    {
        var previous = _chain.Count > 0 ? _chain[^1].BlockId : simulation.Network.Genesis.Network;
        var order = ProposerSchedule.Order(previous, simulation.Network.Validators);
        var rules = new ConsensusRules(Height, simulation.Network.Validators, Index, round => order[round % order.Length], TimeSpan.FromSeconds(5));
        if (simulation.Options.Quorum is { } quorum)
            rules = rules with { Quorum = quorum };
        _sent.Clear();
        (_state, var outputs) = ConsensusEngine.Begin(rules, _memory);
        var (life, height) = (Life, Height);
        foreach (var output in outputs)
            Do(output);
        if (_memory.Height == Height)
            SayAgain();
        if (life == Life && height == Height)
            simulation.Later(this, Interval, () => Handle(height, new HeightDue()));
    }

    /// <summary>What was signed before the restart, signed again: others may never have got it.</summary>
    private void SayAgain()
    {
        var (memory, life, height) = (_memory, Life, Height);
        foreach (var block in _kept)
            Handle(height, new BlockKnown(block, !simulation.BadBlocks.Contains(block)));
        if (life == Life && height == Height && memory.Proposal is { } proposed)
            SendProposal(new Proposal(simulation.Network.Genesis.Network, height, memory.Round, ValidRoundOf(memory), proposed));
        foreach (var (kind, block) in new[] { (VoteKind.Prevote, memory.Prevote), (VoteKind.Precommit, memory.Precommit) })
        {
            if (life == Life && height == Height && block is { } voted)
                SendVote(new Vote(kind, simulation.Network.Genesis.Network, height, memory.Round, voted));
        }
    }

    private static int? ValidRoundOf(VoteMemory memory) =>
        memory.Valid is { } valid && valid.BlockId == memory.Proposal && valid.Round < memory.Round ? valid.Round : null;

    private void ResendAll()
    {
        foreach (var message in _sent)
            simulation.Broadcast(this, message);
        simulation.Later(this, Resend, ResendAll);
    }

    public void Handle(ulong height, ConsensusEvent happened)
    {
        if (height != Height)
            return;
        (_state, var outputs) = ConsensusEngine.Handle(_state, happened);
        var life = Life;
        foreach (var output in outputs)
        {
            if (simulation.CrashesNow(this) || life != Life)
                return;
            Do(output);
        }
    }

    private void Do(ConsensusOutput output)
    {
        var height = Height;
        switch (output)
        {
            case MakeBlock make:
                var block = NewBlock("");
                _kept.Add(block);
                // Making takes a while, and other things happen meanwhile.
                simulation.Later(this, TimeSpan.FromMilliseconds(50), () => Handle(height, new BlockMade(make.Round, block)));
                break;
            case Propose propose:
                Remember(propose.Memory);
                if (!simulation.CrashesNow(this))
                    SendProposal(propose.Proposal);
                break;
            case CastVote cast:
                if (!cast.Vote.IsNil)
                    _kept.Add(cast.Vote.BlockId);
                Remember(cast.Memory);
                if (!simulation.CrashesNow(this))
                    SendVote(cast.Vote);
                break;
            case RelayVotes relay:
                if (!Liar)
                    Tell(to => { foreach (var vote in relay.Votes) to.TakeVote(this, vote); });
                break;
            case SetTimer timer:
                simulation.Later(this, timer.After, () => Handle(height, new TimerElapsed(timer.Kind, timer.Round)));
                break;
            case EquivocationSeen:
                simulation.Evidence++;
                break;
            case Decided decided:
                if (!Liar)
                    simulation.Decided(this, decided.Certificate);
                _chain.Add(decided.Certificate);
                BeginHeight();
                break;
            default:
                throw new SimulationFault($"unknown output {output}");
        }
    }

    private void Remember(VoteMemory memory)
    {
        if (!Liar && _memory.FindConflict(memory) is { } conflict)
            throw new SimulationFault($"contradiction: node {Index}: {conflict}");
        _memory = memory;
    }

    private Hash256 NewBlock(string flavour) =>
        Hash256.Of(Encoding.UTF8.GetBytes($"{Index} {Height} {Life} {_made++} {flavour}"));

    private void SendProposal(Proposal proposal)
    {
        var signed = Sign(proposal);
        if (Liar)
        {
            foreach (var node in simulation.Nodes.Where(node => node != this))
            {
                var other = NewBlock("lie");
                if (simulation.Chance(0.3))
                    simulation.BadBlocks.Add(other);
                var lie = Sign(proposal with { BlockId = simulation.Chance(0.5) ? proposal.BlockId : other });
                simulation.Send(node, to => to.TakeProposal(this, lie));
            }
        }
        else
        {
            Tell(to => to.TakeProposal(this, signed));
        }
        Handle(Height, new ProposalReceived(signed, !simulation.BadBlocks.Contains(proposal.BlockId)));
    }

    private void SendVote(Vote vote)
    {
        var signed = Sign(vote);
        if (Liar)
        {
            var choices = _state.Blocks.Keys.Append(Hash256.Zero).Order().ToList();
            foreach (var node in simulation.Nodes.Where(node => node != this))
            {
                // A different word to everyone, twice.
                for (var time = 0; time < 2; time++)
                {
                    var lie = Sign(vote with { BlockId = simulation.Pick(choices) });
                    simulation.Send(node, to => to.TakeVote(this, lie));
                }
            }
        }
        else
        {
            simulation.Signed(this, vote);
            Tell(to => to.TakeVote(this, signed));
        }
        Handle(vote.Height, new VoteReceived(signed));
    }

    private void Tell(Action<SimulatedNode> message)
    {
        _sent.Add(message);
        simulation.Broadcast(this, message);
    }

    private SignedProposal Sign(Proposal proposal) => SignedProposal.Sign(proposal, Index, simulation.Network.Keys[Index]);

    private SignedVote Sign(Vote vote) => SignedVote.Sign(vote, Index, simulation.Network.Keys[Index]);

    private void TakeProposal(SimulatedNode from, SignedProposal proposal)
    {
        if (!HelpBehind(from, proposal.Proposal.Height))
            Handle(proposal.Proposal.Height, new ProposalReceived(proposal, !simulation.BadBlocks.Contains(proposal.Proposal.BlockId)));
    }

    private void TakeVote(SimulatedNode from, SignedVote vote)
    {
        if (!HelpBehind(from, vote.Vote.Height))
            Handle(vote.Vote.Height, new VoteReceived(vote));
    }

    /// <summary>Whoever still speaks of a height that is decided gets its block and certificate.</summary>
    private bool HelpBehind(SimulatedNode from, ulong height)
    {
        if (height >= Height)
            return false;
        if (!Liar)
        {
            var certificate = _chain[(int)height - 1];
            simulation.Send(from, to =>
            {
                to._kept.Add(certificate.BlockId);
                to.Handle(certificate.Height, new BlockKnown(certificate.BlockId, !simulation.BadBlocks.Contains(certificate.BlockId)));
                to.Handle(certificate.Height, new CertificateReceived(certificate));
            });
        }
        return true;
    }
}
