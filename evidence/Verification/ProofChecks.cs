using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>
/// The checks that tie a manifest to the ledger: pure functions of the small entries of an evidence file. Also what a renewed receipt has
/// to pass before it replaces one.
/// </summary>
internal sealed class ProofChecks(CheckList checks, Manifest manifest, EvidenceParts parts, TrustedValidators trusted)
{
    /// <summary>The checks that are made here.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        CheckNames.Recorder, CheckNames.Inclusion, CheckNames.Checkpoint, CheckNames.Validators, CheckNames.Certificate,
        CheckNames.Cosignatures, CheckNames.NotNewerThan, CheckNames.NotOlderThan, CheckNames.Trust,
    ];

    /// <summary>The receipt, where it could be read.</summary>
    public TlogProof? Receipt { get; private set; }

    public BlockHeader? Block { get; private set; }

    public ValidatorSet? Validators { get; private set; }

    public void Run()
    {
        CheckSignature();
        Receipt = checks.Parse(CheckNames.Inclusion, Name(EvidencePart.Receipt), () => TlogProof.Parse(parts.Receipt.Span));
        Block = checks.Parse(CheckNames.Checkpoint, Name(EvidencePart.Block), () => BlockHeader.Parse(parts.Block.Span));
        Validators = checks.Parse(CheckNames.Validators, Name(EvidencePart.Validators), () => ValidatorSet.Parse(parts.Validators.Span));
        var certificate = checks.Parse(
            CheckNames.Certificate, Name(EvidencePart.Certificate), () => CommitCertificate.Parse(parts.Certificate.Span));
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
        CheckTimes();
        if (Validators is not null)
            CheckTrust(Validators);
    }

    private void CheckSignature()
    {
        var note = checks.Parse(CheckNames.Recorder, Name(EvidencePart.ManifestNote), () => SignedNote.Parse(parts.ManifestNote.Span));
        if (note is null)
            return;
        var fault = ManifestSignature.FindFault(note, manifest, parts.Manifest.Span);
        var recorder = IsTrusted(manifest.Recorder) ? manifest.Recorder.Name : $"a recorder that calls itself {manifest.Recorder.Name}";
        checks.Judge(
            CheckNames.Recorder, fault is null ? null : $"{Name(EvidencePart.ManifestNote)}: {fault}",
            $"recorded by {recorder}, whose key {manifest.Recorder.Key} signed the manifest");
    }

    /// <summary>Whether a trusted set vouches for the name: anybody can sign with a key of their own under any name.</summary>
    private bool IsTrusted(ManifestRecorder recorder) => trusted.Of(manifest.Network).Any(set =>
        set.IndexOf(recorder.Key) is >= 0 and var index && set.Validators[index].Name == recorder.Name);

    private void CheckInclusion(TlogProof receipt)
    {
        var leaf = Anchor.Of(manifest, parts.Manifest.Span).Hash();
        string? fault = null;
        if (!receipt.Extra.IsEmpty)
            fault = $"{Name(EvidencePart.Receipt)} carries extra data, which Lucid never writes";
        else if (!receipt.VerifyInclusion(leaf))
        {
            fault = $"{Name(EvidencePart.Receipt)}: the anchor that follows from the manifest (leaf hash {leaf}) " +
                $"is not entry {receipt.Index} of the log with root {receipt.Checkpoint.Root}";
        }
        checks.Judge(CheckNames.Inclusion, fault, $"the session's anchor is entry {receipt.Index} of the {receipt.Checkpoint.Size} in the log");
    }

    private void CheckCheckpoint(Checkpoint checkpoint, BlockHeader block)
    {
        string? fault = null;
        if (block.Network != manifest.Network)
            fault = $"the block is of network {block.Network}, the manifest of {manifest.Network}";
        else if (checkpoint.Origin != LedgerName.LogOrigin(manifest.Network))
            fault = $"the checkpoint is of '{checkpoint.Origin}', not of {LedgerName.LogOrigin(manifest.Network)}";
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
        if (validators.Network != manifest.Network)
            fault = $"the validators are of network {validators.Network}, the manifest of {manifest.Network}";
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
        var logName = LedgerName.LogOrigin(manifest.Network);
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

    /// <summary>What is proved about time rests on the block, and is claimed only where the block is.</summary>
    private void CheckTimes()
    {
        if (Block is null || !checks.Passed(CheckNames.Certificate) || !checks.Passed(CheckNames.Validators) ||
            !checks.Passed(CheckNames.Inclusion) || !checks.Passed(CheckNames.Checkpoint))
            return;
        checks.Pass(CheckNames.NotNewerThan, $"anchored in or before block {Block.Height} of {Time(Block.TimeMs)}");
        var after = manifest.AfterBlock;
        if (after.Height == 0 && parts.After is null)
            checks.Skip(CheckNames.NotOlderThan, "the manifest was made before the recorder knew a block of the ledger");
        else if (parts.After is null)
            checks.Fail(CheckNames.NotOlderThan, $"the manifest names block {after.Height}, and {Name(EvidencePart.AfterBlock)} is missing");
        else if (after.Height == 0)
            checks.Fail(CheckNames.NotOlderThan, $"the manifest names no block, and {Name(EvidencePart.AfterBlock)} is there");
        else
            CheckAfterBlock(parts.After, Block);
    }

    private void CheckAfterBlock(AfterBlockParts after, BlockHeader block)
    {
        const string check = CheckNames.NotOlderThan;
        var header = checks.Parse(check, Name(EvidencePart.AfterBlock), () => BlockHeader.Parse(after.Block.Span));
        var certificate = checks.Parse(check, Name(EvidencePart.AfterCertificate), () => CommitCertificate.Parse(after.Certificate.Span));
        var set = after.Validators.IsEmpty
            ? Validators
            : checks.Parse(check, Name(EvidencePart.AfterValidators), () => ValidatorSet.Parse(after.Validators.Span));
        if (header is null || certificate is null || set is null)
            return;
        var reference = manifest.AfterBlock;
        string? fault;
        if (header.Network != manifest.Network || header.Height != reference.Height || header.Id() != reference.Id ||
            header.TimeMs != reference.Time.ToUnixTimeMilliseconds())
        {
            fault = $"{Name(EvidencePart.AfterBlock)} is block {header.Height} of {Time(header.TimeMs)} with id {header.Id()}, " +
                $"the manifest names {reference.Height} of {Time(reference.Time.ToUnixTimeMilliseconds())} with id {reference.Id}";
        }
        else if (header.Height >= block.Height || header.TimeMs >= block.TimeMs)
        {
            fault = $"the manifest says that block {header.Height} of {Time(header.TimeMs)} was there before it, " +
                $"but was anchored in block {block.Height} of {Time(block.TimeMs)}";
        }
        else if (!after.Validators.IsEmpty && set.Hash == Validators?.Hash)
            fault = $"{Name(EvidencePart.AfterValidators)} repeats {Name(EvidencePart.Validators)}";
        else
            fault = certificate.FindFault(header, set);
        var finding = $"made after block {header.Height} of {Time(header.TimeMs)} was final";
        if (fault is null && !after.Validators.IsEmpty && !trusted.Contains(set))
            checks.NotTrusted(check, $"{finding}, under other validators that are not trusted here, fingerprint {set.Fingerprint}");
        else
            checks.Judge(check, fault, finding);
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

    private static string Name(EvidencePart part) => EvidenceLayout.Name(part);

    private static string NameOf(ValidatorSet validators, int index) =>
        index < validators.Count ? validators.Validators[index].Name : index.ToString(CultureInfo.InvariantCulture);

    internal static string Count(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Time(long unixMs) => unixMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : $"{unixMs} ms after 1970";
}
