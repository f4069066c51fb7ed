using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Chain.Consensus;

/// <summary>How far this node has signed in a round.</summary>
public enum SignedStep
{
    Nothing = 0,
    Proposal = 1,
    Prevote = 2,
    Precommit = 3,
}

/// <summary>
/// What a validator must never forget: what it signed last, and the block it is locked on. A validator that lost this in a crash could
/// contradict itself, and enough of them could make two blocks final. Text: `lucid.vote-memory/1` and one line per property.
/// </summary>
/// <param name="Height">0 before the first vote.</param>
/// <param name="Proposal">The block proposed in this round; null for none.</param>
/// <param name="Prevote">The block prevoted in this round, zero for nil; null for no vote.</param>
/// <param name="Precommit">As <paramref name="Prevote"/>.</param>
/// <param name="Locked">The block last precommitted at this height, and the round.</param>
/// <param name="Valid">The block that last had a quorum of prevotes at this height, with those prevotes.</param>
public sealed record VoteMemory(
    ulong Height, int Round, Hash256? Proposal, Hash256? Prevote, Hash256? Precommit, RoundBlock? Locked, Polka? Valid)
{
    /// <summary>Before the first vote.</summary>
    public static VoteMemory Empty { get; } = new(0, 0, null, null, null, null, null);

    /// <summary>The last thing signed in this round.</summary>
    public SignedStep Step =>
        Precommit is not null ? SignedStep.Precommit :
        Prevote is not null ? SignedStep.Prevote :
        Proposal is not null ? SignedStep.Proposal : SignedStep.Nothing;

    /// <summary>
    /// Why signing what <paramref name="next"/> says would contradict this, in one sentence; null where it would not. It may only go forward
    /// in height, round and step, and never take anything back within a round.
    /// </summary>
    public string? FindConflict(VoteMemory next)
    {
        var (now, then) = ((Height, Round, Step), (next.Height, next.Round, next.Step));
        if (then.CompareTo(now) < 0)
            return $"signed up to height {Height}, round {Round}, {Step}; height {next.Height}, round {next.Round}, {next.Step} is before that";
        if (Height != next.Height || Round != next.Round)
            return null;
        return (Proposal is null || Proposal == next.Proposal) && (Prevote is null || Prevote == next.Prevote) &&
            (Precommit is null || Precommit == next.Precommit)
            ? null
            : $"signed another block at height {Height}, round {Round} already";
    }

    public byte[] Encode()
    {
        var writer = new RecordWriter().Line("lucid.vote-memory/1"u8).Line(Height).Line((ulong)Round);
        Write(writer, Proposal);
        Write(writer, Prevote);
        Write(writer, Precommit);
        Write(writer, Locked?.BlockId);
        if (Locked is not null)
            writer.Line((ulong)Locked.Round);
        Write(writer, Valid?.BlockId);
        if (Valid is not null)
        {
            writer.Line((ulong)Valid.Round).Line((ulong)Valid.Prevotes.Length);
            foreach (var prevote in Valid.Prevotes)
                writer.Line($"{prevote.Validator}").Hex(prevote.Bytes);
        }
        return writer.ToArray();
    }

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static VoteMemory Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("vote memory", bytes);
        reader.Literal("lucid.vote-memory/1"u8);
        var memory = new VoteMemory(
            reader.Unsigned("the height"), reader.SmallNumber("the round"), Read(ref reader), Read(ref reader), Read(ref reader),
            Read(ref reader) is { } locked ? new RoundBlock(reader.SmallNumber("the round"), locked) : null,
            Read(ref reader) is { } valid ? ReadPolka(ref reader, valid) : null);
        reader.End();
        return memory;
    }

    private static void Write(RecordWriter writer, Hash256? id)
    {
        if (id is { } hash)
            writer.Line(hash);
        else
            writer.Line("none"u8);
    }

    private static Hash256? Read(ref RecordReader reader)
    {
        if (!reader.NextIs("none"u8))
            return reader.Hash("a block's id, or 'none'");
        reader.Literal("none"u8);
        return null;
    }

    private static Polka ReadPolka(ref RecordReader reader, Hash256 block)
    {
        var round = reader.SmallNumber("the round");
        var count = reader.SmallNumber("the number of prevotes", ValidatorSet.MaxCount);
        var prevotes = ImmutableArray.CreateBuilder<IndexedSignature>(count);
        while (prevotes.Count < count)
            prevotes.Add(new IndexedSignature(reader.SmallNumber("a validator's index", ValidatorSet.MaxCount - 1), reader.Hex("its signature", 64)));
        return new Polka(round, block, prevotes.MoveToImmutable());
    }
}

/// <summary>A block and the round in which something happened to it.</summary>
public sealed record RoundBlock(int Round, Hash256 BlockId);

/// <summary>
/// A quorum of prevotes of one round for one block, by ascending validators. Kept whole: whoever is locked on the block must be able to
/// show the others why, also after a restart, or they could never vote for it again.
/// </summary>
public sealed record Polka(int Round, Hash256 BlockId, ImmutableArray<IndexedSignature> Prevotes)
{
    /// <summary>The prevotes as they travel.</summary>
    public ImmutableArray<SignedVote> Votes(Hash256 network, ulong height)
    {
        var vote = new Vote(VoteKind.Prevote, network, height, Round, BlockId);
        return [.. Prevotes.Select(signature => new SignedVote(vote, signature))];
    }

    public bool Equals(Polka? other) =>
        other is not null && Round == other.Round && BlockId == other.BlockId && Prevotes.SequenceEqual(other.Prevotes);

    public override int GetHashCode() => HashCode.Combine(Round, BlockId);
}
