namespace Lucid.Evidence.Files;

/// <summary>
/// The entries of an evidence file that are small, as their exact bytes. Only the manifest and its signature are for ever; the others can
/// be replaced by later ones that fit (see <see cref="Verification.ReceiptRenewal"/>).
/// </summary>
public sealed record EvidenceParts
{
    /// <summary>manifest.json.</summary>
    public required ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>manifest.note: a <see cref="Records.ManifestSignature"/>.</summary>
    public required ReadOnlyMemory<byte> ManifestNote { get; init; }

    /// <summary>receipt.tlog-proof: a <see cref="Proofs.TlogProof"/> of the session's anchor.</summary>
    public required ReadOnlyMemory<byte> Receipt { get; init; }

    /// <summary>block.txt: the <see cref="Ledger.BlockHeader"/> whose log is the receipt's checkpoint.</summary>
    public required ReadOnlyMemory<byte> Block { get; init; }

    /// <summary>certificate.txt: that block's <see cref="Ledger.CommitCertificate"/>.</summary>
    public required ReadOnlyMemory<byte> Certificate { get; init; }

    /// <summary>validators.txt: that block's <see cref="Ledger.ValidatorSet"/>.</summary>
    public required ReadOnlyMemory<byte> Validators { get; init; }

    /// <summary>The manifest's after_block; null where that is the time before the first block.</summary>
    public AfterBlockParts? After { get; init; }

    /// <summary>The entries that stand before the leaves and after them, in order.</summary>
    internal IEnumerable<(EvidencePart Part, ReadOnlyMemory<byte> Bytes)> InOrder()
    {
        yield return (EvidencePart.Manifest, Manifest);
        yield return (EvidencePart.ManifestNote, ManifestNote);
        yield return (EvidencePart.Receipt, Receipt);
        yield return (EvidencePart.Block, Block);
        yield return (EvidencePart.Certificate, Certificate);
        yield return (EvidencePart.Validators, Validators);
        if (After is null)
            yield break;
        yield return (EvidencePart.AfterBlock, After.Block);
        yield return (EvidencePart.AfterCertificate, After.Certificate);
        if (!After.Validators.IsEmpty)
            yield return (EvidencePart.AfterValidators, After.Validators);
    }
}

/// <summary>What shows that the manifest's after_block is a block of the ledger.</summary>
/// <param name="Block">after-block.txt: its header.</param>
/// <param name="Certificate">after-certificate.txt: its certificate.</param>
/// <param name="Validators">after-validators.txt: the set that decided on it; empty where it is the same as validators.txt, and only
/// there.</param>
public sealed record AfterBlockParts(ReadOnlyMemory<byte> Block, ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Validators = default);
