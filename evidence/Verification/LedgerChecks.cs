using System.Globalization;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;

namespace Lucid.Evidence.Verification;

/// <summary>What shows that an entry is in the ledger, as exact bytes: a <see cref="TlogProof"/>, and the block whose log is its checkpoint with
/// its certificate and validators.</summary>
internal sealed record LedgerParts(ReadOnlyMemory<byte> Receipt, ReadOnlyMemory<byte> Block, ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Validators);

/// <summary>The checks that tie one entry to the ledger, whatever it is that the entry stands for. Pure.</summary>
/// <param name="network">The network that what is verified names.</param>
/// <param name="source">What names it, for findings.</param>
/// <param name="leaf">The entry's hash in the log.</param>
/// <param name="entry">What the entry is called in findings.</param>
internal sealed class LedgerChecks(
    CheckList checks, Hash256 network, string source, Hash256 leaf, string entry, LedgerParts parts, TrustedValidators trusted)
{
    private static readonly string Receipts = EvidenceLayout.Name(EvidencePart.Receipt);

    /// <summary>The receipt, where it could be read.</summary>
    public TlogProof? Receipt { get; private set; }

    public BlockHeader? Block { get; private set; }

    public ValidatorSet? Validators { get; private set; }

    /// <summary>Whether all that the block's time rests on holds.</summary>
    public bool IsTimeProved => Block is not null && checks.Passed(CheckNames.Certificate) && checks.Passed(CheckNames.Validators) &&
        checks.Passed(CheckNames.Inclusion) && checks.Passed(CheckNames.Checkpoint);

    public void Run()
    {
        Receipt = checks.Parse(CheckNames.Inclusion, Receipts, () => TlogProof.Parse(parts.Receipt.Span));
        Block = checks.Parse(CheckNames.Checkpoint, EvidenceLayout.Name(EvidencePart.Block), () => BlockHeader.Parse(parts.Block.Span));
        Validators = checks.Parse(CheckNames.Validators, EvidenceLayout.Name(EvidencePart.Validators), () => ValidatorSet.Parse(parts.Validators.Span));
        var certificate = checks.Parse(
            CheckNames.Certificate, EvidenceLayout.Name(EvidencePart.Certificate), () => CommitCertificate.Parse(parts.Certificate.Span));
        if (Receipt is not null)
            CheckInclusion(Receipt);
        if (Receipt is not null && Block is not null)
            CheckCheckpoint(Receipt.Checkpoint, Block);
        if (Block is not null && Validators is not null)
            CheckValidators(Block, Validators);
        if (Block is not null && Validators is not null && certificate is not null)
            CheckCertificate(certificate, Block, Validators);
        if (Receipt is not null && Validators is not null)
            CheckCosignatures(Receipt.Note, Validators);
        // What is proved about time rests on the block, and is claimed only where the block is.
        if (IsTimeProved)
            checks.Pass(CheckNames.NotNewerThan, $"anchored in or before block {Block!.Height} of {Time(Block.TimeMs)}");
        if (Validators is not null)
            CheckTrust(Validators);
    }

    private void CheckInclusion(TlogProof receipt)
    {
        string? fault = null;
        if (!receipt.Extra.IsEmpty)
            fault = $"{Receipts} carries extra data, which Lucid never writes";
        else if (!receipt.VerifyInclusion(leaf))
        {
            fault = $"{Receipts}: {entry} (leaf hash {leaf}) " +
                $"is not entry {receipt.Index} of the log with root {receipt.Checkpoint.Root}";
        }
        checks.Judge(CheckNames.Inclusion, fault, $"{entry} is entry {receipt.Index} of the {receipt.Checkpoint.Size} in the log");
    }

    private void CheckCheckpoint(Checkpoint checkpoint, BlockHeader block)
    {
        string? fault = null;
        if (block.Network != network)
            fault = $"the block is of network {block.Network}, the {source} of {network}";
        else if (checkpoint.Origin != LedgerName.LogOrigin(network))
            fault = $"the checkpoint is of '{checkpoint.Origin}', not of {LedgerName.LogOrigin(network)}";
        else if (checkpoint.Extensions.Length > 0)
            fault = "the checkpoint carries extension lines, which Lucid never writes";
        else if (checkpoint.Size != block.LogSize || checkpoint.Root != block.LogRoot)
        {
            fault = $"the checkpoint has size {checkpoint.Size} and root {checkpoint.Root}, " +
                $"block {block.Height} says {block.LogSize} and {block.LogRoot}";
        }
        checks.Judge(CheckNames.Checkpoint, fault, $"size and root of the log are those of block {block.Height}");
    }

    private void CheckValidators(BlockHeader block, ValidatorSet validators)
    {
        string? fault = null;
        if (validators.Network != network)
            fault = $"the validators are of network {validators.Network}, the {source} of {network}";
        else if (validators.Hash != block.ValidatorsHash)
            fault = $"the set has the hash {validators.Hash}, block {block.Height} was decided by {block.ValidatorsHash}";
        checks.Judge(CheckNames.Validators, fault, $"{Count(validators.Count, "validator")} decided on block {block.Height}");
    }

    private void CheckCertificate(CommitCertificate certificate, BlockHeader block, ValidatorSet validators) =>
        checks.Judge(
            CheckNames.Certificate, certificate.FindFault(block, validators),
            $"{certificate.Signatures.Length} of {validators.Count} validators made block {block.Height} final: " +
            string.Join(", ", certificate.Signatures.Select(signature => NameOf(validators, signature.Validator))));

    private void CheckCosignatures(SignedNote note, ValidatorSet validators)
    {
        var found = note.Verify(Enumerable.Range(0, validators.Count).Select(index =>
            NoteVerifierKey.For(validators.CosignerName(index), NoteKeyType.Cosignature, validators.Validators[index].Cosigning)));
        var logName = LedgerName.LogOrigin(network);
        var strangers = found.Unknown.Where(signature => signature.Name != logName).ToList();
        string? fault = null;
        if (!found.Invalid.IsEmpty)
            fault = $"the cosignature of {found.Invalid[0].Name} is not valid";
        else if (found.Valid.Length < validators.Quorum)
            fault = $"{found.Valid.Length} of {validators.Count} validators cosigned the checkpoint, {validators.Quorum} are needed";
        // One line by the log's own key serves stock clients; more of it, or anybody else's, our publisher does not write.
        else if (strangers.Count > 0)
            fault = $"the checkpoint is signed by {strangers[0].Name}, who is no validator of it";
        else if (found.Unknown.Length > 1 || found.Valid.Length + found.Unknown.Length < note.Signatures.Length)
            fault = "the checkpoint carries a signature twice";
        checks.Judge(
            CheckNames.Cosignatures, fault,
            $"{found.Valid.Length} of {validators.Count} validators cosigned the log: " +
            string.Join(", ", found.Valid.Select(valid => valid.Key.Name[(logName.Length + 1)..])));
    }

    private void CheckTrust(ValidatorSet validators)
    {
        var unknown = $"validators unknown, fingerprint {validators.Fingerprint}";
        if (trusted.Contains(validators))
            checks.Pass(CheckNames.Trust, $"the validators are trusted here, fingerprint {validators.Fingerprint}");
        else if (trusted.Of(validators.Network).FirstOrDefault() is { } known)
            checks.NotTrusted(CheckNames.Trust, $"{unknown}; this network is known here with others, fingerprint {known.Fingerprint}");
        else
            checks.NotTrusted(CheckNames.Trust, unknown);
    }

    private static string NameOf(ValidatorSet validators, int index) =>
        index < validators.Count ? validators.Validators[index].Name : index.ToString(CultureInfo.InvariantCulture);

    internal static string Count(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    internal static string Time(long unixMs) => unixMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : $"{unixMs} ms after 1970";
}
