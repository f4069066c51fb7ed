using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>What happens to the engine.</summary>
public abstract record ConsensusEvent;

/// <summary>The block interval is over: round 0 may begin.</summary>
public sealed record HeightDue : ConsensusEvent;

/// <summary>The block that <see cref="MakeBlock"/> asked for is made, and its content is durable.</summary>
public sealed record BlockMade(int Round, Hash256 BlockId) : ConsensusEvent;

/// <summary>A proposal came, and the content of its block is at hand.</summary>
/// <param name="Acceptable">Whether the content is a valid next block and its time not too far ahead.</param>
public sealed record ProposalReceived(SignedProposal Proposal, bool Acceptable) : ConsensusEvent;

/// <summary>A block's content is at hand without a proposal: kept from before a restart, or fetched.</summary>
public sealed record BlockKnown(Hash256 BlockId, bool Acceptable) : ConsensusEvent;

/// <summary>A vote came; also the node's own, once it is durable and signed.</summary>
public sealed record VoteReceived(SignedVote Vote) : ConsensusEvent;

/// <summary>Another node holds proof that the height is decided. Say <see cref="BlockKnown"/> of its block first.</summary>
public sealed record CertificateReceived(CommitCertificate Certificate) : ConsensusEvent;

/// <summary>A timer that <see cref="SetTimer"/> set ran out.</summary>
public sealed record TimerElapsed(TimerKind Kind, int Round) : ConsensusEvent;

/// <summary>What the engine wants done, in this order.</summary>
public abstract record ConsensusOutput;

/// <summary>Make a block on top of the last one, keep its content durably, and say <see cref="BlockMade"/>.</summary>
public sealed record MakeBlock(int Round) : ConsensusOutput;

/// <summary>
/// Make <paramref name="Memory"/> durable, then sign the proposal, send it with the block's content to everyone, and say
/// <see cref="ProposalReceived"/> of it here.
/// </summary>
public sealed record Propose(Proposal Proposal, VoteMemory Memory) : ConsensusOutput;

/// <summary>
/// Make <paramref name="Memory"/> durable, then sign the vote, send it to everyone, and say <see cref="VoteReceived"/> of it here. In this
/// order: a vote that was sent and then forgotten in a crash could be contradicted.
/// </summary>
public sealed record CastVote(Vote Vote, VoteMemory Memory) : ConsensusOutput;

/// <summary>
/// Send these prevotes of others to everyone. Consensus only goes on if what one honest node acted on reaches all of them: a faulty
/// validator could else show its vote to one node, which locks, and never to the rest.
/// </summary>
public sealed record RelayVotes(ImmutableArray<SignedVote> Votes) : ConsensusOutput;

/// <summary>Say <see cref="TimerElapsed"/> after that time. Timers of past rounds may be dropped.</summary>
public sealed record SetTimer(TimerKind Kind, int Round, TimeSpan After) : ConsensusOutput;

/// <summary>The height is decided; the engine takes no more events.</summary>
public sealed record Decided(CommitCertificate Certificate) : ConsensusOutput;

/// <summary>A validator signed two different things where it may sign one: proof that it is faulty. Both signed messages, encoded.</summary>
public sealed record EquivocationSeen(int Validator, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second) : ConsensusOutput;
