using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>The two votes of a round.</summary>
public enum VoteKind
{
    /// <summary>"This block is acceptable to me in this round."</summary>
    Prevote = 1,

    /// <summary>"More than two thirds find it acceptable, and I commit to it." A quorum of these makes a block final.</summary>
    Precommit = 2,
}

/// <summary>
/// What a validator signs to vote: `lucid.prevote/1` or `lucid.precommit/1`, then network, height, round and block id, one line each.
/// </summary>
/// <param name="Height">From 1.</param>
/// <param name="Round">From 0.</param>
/// <param name="BlockId">The block voted for; <see cref="Hash256.Zero"/> votes for none ("nil").</param>
public sealed record Vote(VoteKind Kind, Hash256 Network, ulong Height, int Round, Hash256 BlockId)
{
    /// <summary>Whether this votes for no block.</summary>
    public bool IsNil => BlockId == Hash256.Zero;

    /// <summary>The bytes that are signed.</summary>
    public byte[] Encode() => new RecordWriter()
        .Line(Kind == VoteKind.Prevote ? "lucid.prevote/1"u8 : "lucid.precommit/1"u8)
        .Line(Network).Line(Height).Line((ulong)Round).Line(BlockId)
        .ToArray();

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static Vote Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("vote", bytes);
        var vote = Read(ref reader);
        reader.End();
        return vote;
    }

    internal static Vote Read(ref RecordReader reader)
    {
        var kind = reader.NextIs("lucid.prevote/1"u8) ? VoteKind.Prevote : VoteKind.Precommit;
        reader.Literal(kind == VoteKind.Prevote ? "lucid.prevote/1"u8 : "lucid.precommit/1"u8);
        return new Vote(kind, reader.Hash("the network's id"), Heights.Read(ref reader), reader.SmallNumber("the round"),
            reader.Hash("the block's id"));
    }
}

/// <summary>A vote as it travels: the vote's lines and then `&lt;validator index&gt; &lt;signature hex&gt;`.</summary>
public sealed record SignedVote(Vote Vote, IndexedSignature Signature)
{
    public static SignedVote Sign(Vote vote, int validator, Ed25519PrivateKey identity) =>
        new(vote, new IndexedSignature(validator, identity.Sign(vote.Encode())));

    /// <summary>Whether that validator of the set signed this vote.</summary>
    public bool Verify(ValidatorSet validators) =>
        Vote.Network == validators.Network && Signature.Verify(validators, Vote.Encode());

    public byte[] Encode()
    {
        var writer = new RecordWriter().Raw(Vote.Encode());
        Signature.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static SignedVote Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("signed vote", bytes);
        var vote = new SignedVote(Vote.Read(ref reader), IndexedSignature.Read(ref reader));
        reader.End();
        return vote;
    }
}
