using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// What a round's proposer signs: `lucid.proposal/1`, then network, height, round, valid round and block id, one line each. The block
/// itself travels beside it.
/// </summary>
/// <param name="Height">From 1.</param>
/// <param name="Round">From 0.</param>
/// <param name="ValidRound">The earlier round in which more than two thirds prevoted this block, or null (line `none`) for a new one.</param>
/// <param name="BlockId">The block proposed; never zero.</param>
public sealed record Proposal(Hash256 Network, ulong Height, int Round, int? ValidRound, Hash256 BlockId)
{
    /// <summary>The bytes that are signed.</summary>
    public byte[] Encode()
    {
        var writer = new RecordWriter().Line("lucid.proposal/1"u8).Line(Network).Line(Height).Line((ulong)Round);
        return (ValidRound is { } round ? writer.Line((ulong)round) : writer.Line("none"u8)).Line(BlockId).ToArray();
    }

    internal static Proposal Read(ref RecordReader reader)
    {
        reader.Literal("lucid.proposal/1"u8);
        var network = reader.Hash("the network's id");
        var height = Heights.Read(ref reader);
        var round = reader.SmallNumber("the round");
        int? validRound = null;
        if (reader.NextIs("none"u8))
            reader.Literal("none"u8);
        else if ((validRound = reader.SmallNumber("the valid round, or 'none'")) >= round)
            throw reader.Refuse("a valid round before the round itself", []);
        var block = reader.Hash("the block's id");
        return block != Hash256.Zero
            ? new Proposal(network, height, round, validRound, block)
            : throw reader.Refuse("a block's id; a proposal is never for none", []);
    }
}

/// <summary>A proposal as it travels: its lines and then `&lt;validator index&gt; &lt;signature hex&gt;`.</summary>
public sealed record SignedProposal(Proposal Proposal, IndexedSignature Signature)
{
    public static SignedProposal Sign(Proposal proposal, int validator, Ed25519PrivateKey identity) =>
        new(proposal, new IndexedSignature(validator, identity.Sign(proposal.Encode())));

    /// <summary>Whether that validator of the set signed this proposal. Whether it was its turn is the schedule's to say.</summary>
    public bool Verify(ValidatorSet validators) =>
        Proposal.Network == validators.Network && Signature.Verify(validators, Proposal.Encode());

    public byte[] Encode()
    {
        var writer = new RecordWriter().Raw(Proposal.Encode());
        Signature.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static SignedProposal Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("signed proposal", bytes);
        var proposal = new SignedProposal(Proposal.Read(ref reader), IndexedSignature.Read(ref reader));
        reader.End();
        return proposal;
    }
}
