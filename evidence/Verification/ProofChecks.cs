using System.Collections.Immutable;
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

    private readonly LedgerChecks _ledger = new(
        checks, manifest.Network, "manifest", Anchor.Of(manifest, parts.Manifest.Span).Hash(), "the session's anchor",
        new LedgerParts(parts.Receipt, parts.Block, parts.Certificate, parts.Validators), trusted);

    /// <summary>The receipt, where it could be read.</summary>
    public TlogProof? Receipt => _ledger.Receipt;

    public BlockHeader? Block => _ledger.Block;

    public ValidatorSet? Validators => _ledger.Validators;

    public void Run()
    {
        CheckSignature();
        _ledger.Run();
        CheckTimes();
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

    /// <summary>What is proved about time rests on the block, and is claimed only where the block is.</summary>
    private void CheckTimes()
    {
        if (!_ledger.IsTimeProved || Block is null)
            return;
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
            fault = $"{Name(EvidencePart.AfterBlock)} is block {header.Height} of {LedgerChecks.Time(header.TimeMs)} with id {header.Id()}, " +
                $"the manifest names {reference.Height} of {LedgerChecks.Time(reference.Time.ToUnixTimeMilliseconds())} with id {reference.Id}";
        }
        else if (header.Height >= block.Height || header.TimeMs >= block.TimeMs)
        {
            fault = $"the manifest says that block {header.Height} of {LedgerChecks.Time(header.TimeMs)} was there before it, " +
                $"but was anchored in block {block.Height} of {LedgerChecks.Time(block.TimeMs)}";
        }
        else if (!after.Validators.IsEmpty && set.Hash == Validators?.Hash)
            fault = $"{Name(EvidencePart.AfterValidators)} repeats {Name(EvidencePart.Validators)}";
        else
            fault = certificate.FindFault(header, set);
        var finding = $"made after block {header.Height} of {LedgerChecks.Time(header.TimeMs)} was final";
        if (fault is null && !after.Validators.IsEmpty && !trusted.Contains(set))
            checks.NotTrusted(check, $"{finding}, under other validators that are not trusted here, fingerprint {set.Fingerprint}");
        else
            checks.Judge(check, fault, finding);
    }

    private static string Name(EvidencePart part) => EvidenceLayout.Name(part);
}
