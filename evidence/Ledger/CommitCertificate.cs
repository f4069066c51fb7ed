using System.Collections.Immutable;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// That a block is final: precommits of more than two thirds of the validators for it, all of one round. The text is
/// `lucid.certificate/1\n&lt;network&gt;\n&lt;height&gt;\n&lt;round&gt;\n&lt;block id&gt;\n&lt;count&gt;\n` and then `&lt;validator index&gt; &lt;signature hex&gt;`
/// lines in ascending order of the index.
/// </summary>
public sealed class CommitCertificate
{
    /// <param name="height">From 1.</param>
    /// <param name="round">The round whose precommits these are, from 0.</param>
    /// <param name="blockId">The block; never zero, because a quorum for none makes nothing final.</param>
    /// <param name="signatures">1 to 63, indices strictly ascending.</param>
    /// <exception cref="ArgumentException">Block id or signatures are not as said.</exception>
    public CommitCertificate(Hash256 network, ulong height, int round, Hash256 blockId, ImmutableArray<IndexedSignature> signatures)
    {
        if (FindFault(blockId, signatures) is { } fault)
            throw new ArgumentException(fault, nameof(signatures));
        (Network, Height, Round, BlockId, Signatures) = (network, height, round, blockId, signatures);
    }

    public Hash256 Network { get; }
    public ulong Height { get; }
    public int Round { get; }
    public Hash256 BlockId { get; }
    public ImmutableArray<IndexedSignature> Signatures { get; }

    /// <summary>What each of the validators signed.</summary>
    public Vote Precommit => new(VoteKind.Precommit, Network, Height, Round, BlockId);

    /// <summary>
    /// Why this does not make <paramref name="header"/> final under <paramref name="validators"/>, in one sentence; null where it does:
    /// it names that header, the header names that set, and more than two thirds of the set signed, every signature being valid.
    /// </summary>
    public string? FindFault(BlockHeader header, ValidatorSet validators)
    {
        if (Network != header.Network || Height != header.Height || BlockId != header.Id())
            return $"The certificate is for block {BlockId} at height {Height}, not for this header at height {header.Height}.";
        if (header.ValidatorsHash != validators.Hash)
            return $"The header at height {Height} is for the validators {header.ValidatorsHash}, not {validators.Hash}.";
        return FindFault(validators);
    }

    /// <summary>As above, without a header: whether more than two thirds of that set signed a precommit for the block id.</summary>
    public string? FindFault(ValidatorSet validators)
    {
        if (Network != validators.Network)
            return $"The certificate is of network {Network}, the validators of {validators.Network}.";
        if (Signatures.Length < validators.Quorum)
            return $"The certificate has {Signatures.Length} signatures; {validators.Quorum} of {validators.Count} validators are needed.";
        var message = Precommit.Encode();
        foreach (var signature in Signatures)
        {
            if (signature.Validator >= validators.Count)
                return $"The certificate names validator {signature.Validator}; there are {validators.Count}.";
            if (!signature.Verify(validators, message))
                return $"The signature of validator {validators.Validators[signature.Validator].Name} is not valid.";
        }
        return null;
    }

    public byte[] Encode()
    {
        var writer = new RecordWriter().Line("lucid.certificate/1"u8)
            .Line(Network).Line(Height).Line((ulong)Round).Line(BlockId).Line((ulong)Signatures.Length);
        foreach (var signature in Signatures)
            signature.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static CommitCertificate Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("commit certificate", bytes);
        reader.Literal("lucid.certificate/1"u8);
        var network = reader.Hash("the network's id");
        var height = Heights.Read(ref reader);
        var round = reader.SmallNumber("the round");
        var block = reader.Hash("the block's id");
        var count = reader.SmallNumber("the number of signatures", ValidatorSet.MaxCount);
        var signatures = ImmutableArray.CreateBuilder<IndexedSignature>(count);
        while (signatures.Count < count)
            signatures.Add(IndexedSignature.Read(ref reader));
        reader.End();
        return FindFault(block, signatures) is { } fault
            ? throw new MalformedException("commit certificate", fault)
            : new CommitCertificate(network, height, round, block, signatures.MoveToImmutable());
    }

    private static string? FindFault(Hash256 block, IReadOnlyList<IndexedSignature> signatures)
    {
        if (block == Hash256.Zero)
            return "a certificate is for a block, never for none";
        if (signatures.Count is 0 or > ValidatorSet.MaxCount)
            return $"a certificate has 1 to {ValidatorSet.MaxCount} signatures";
        // Strictly ascending, so that a validator cannot be counted twice and a certificate has one encoding.
        for (var i = 1; i < signatures.Count; i++)
        {
            if (signatures[i].Validator <= signatures[i - 1].Validator)
                return "signatures stand in strictly ascending order of their validators";
        }
        return null;
    }
}
