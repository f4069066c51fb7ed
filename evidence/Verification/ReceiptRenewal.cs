using Lucid.Evidence.Files;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>What takes the place of an evidence file's proof: the same anchor under a later checkpoint.</summary>
/// <param name="Receipt">The new receipt, a <see cref="Proofs.TlogProof"/>.</param>
/// <param name="Block">The header of the block with its checkpoint's log.</param>
/// <param name="Certificate">That block's certificate.</param>
/// <param name="Validators">The set that decided on it.</param>
public sealed record RenewedProof(
    ReadOnlyMemory<byte> Receipt, ReadOnlyMemory<byte> Block, ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Validators);

/// <summary>What came of a renewal.</summary>
/// <param name="Written">Whether the renewed file was written. It never is where it would be worth less than the source.</param>
/// <param name="Report">The source's report where that is failed or unreadable, else what came of the checks of the new proof.</param>
public sealed record Renewal(bool Written, VerificationReport Report);

/// <summary>
/// Renews the receipt of an evidence file: the manifest, its signature, the leaves and chunks stay as they are, byte for byte; what proves
/// the anchor is replaced by what proves it under a later checkpoint, such as after validators changed.
/// </summary>
public static class ReceiptRenewal
{
    /// <summary>Writes the renewed file. The source is verified first, then the new proof against its manifest.</summary>
    /// <param name="source">An evidence file: seekable, left open.</param>
    /// <param name="proof">The new proof.</param>
    /// <param name="destination">Only written to, never sought; left open.</param>
    public static async Task<Renewal> RenewAsync(
        Stream source, RenewedProof proof, Stream destination, TrustedValidators trusted, CancellationToken cancellation)
    {
        source.Position = 0;
        var before = await EvidenceVerifier.VerifyAsync(source, trusted, new VerifyOptions(), cancellation);
        if (before.Verdict is Verdict.Failed or Verdict.Unreadable)
            return new Renewal(Written: false, before);
        var file = await EvidenceFileIndex.OpenAsync(source, cancellation);
        var parts = Renew(await file.ReadPartsAsync(cancellation), proof);
        var report = Check(parts, trusted);
        // Whoever serves the new proof may have invented its validators, under the id of a network that is trusted here.
        if (report.Verdict is not (Verdict.Verified or Verdict.NotTrusted) ||
            (before.Verdict == Verdict.Verified && report.Verdict == Verdict.NotTrusted))
            return new Renewal(Written: false, report);
        var writer = await EvidenceFileWriter.PlanAsync(parts, file.ReadLeavesAsync, chunk => file.TryFindChunk(chunk, out _), cancellation);
        await writer.WriteAsync(destination, file.ReadChunkAsync, cancellation);
        return new Renewal(Written: true, report);
    }

    private static EvidenceParts Renew(EvidenceParts old, RenewedProof proof)
    {
        // The block before the session was decided by the set that decided on it, whoever decides now.
        var afterSet = old.After is null or { Validators.IsEmpty: true } ? old.Validators : old.After.Validators;
        var same = afterSet.Span.SequenceEqual(proof.Validators.Span);
        return old with
        {
            Receipt = proof.Receipt,
            Block = proof.Block,
            Certificate = proof.Certificate,
            Validators = proof.Validators,
            After = old.After is null ? null : old.After with { Validators = same ? default : afterSet },
        };
    }

    private static VerificationReport Check(EvidenceParts parts, TrustedValidators trusted)
    {
        var checks = new CheckList();
        var manifest = Manifest.Parse(parts.Manifest.Span);
        var run = new ProofChecks(checks, manifest, parts, trusted);
        run.Run();
        var (verdict, summary) = checks.Conclude(readable: true, ProofChecks.Names);
        return new VerificationReport
        {
            Verdict = verdict,
            Summary = summary,
            Checks = checks.ToImmutable(),
            Manifest = manifest,
            Block = run.Block,
            LogIndex = run.Receipt?.Index,
            Validators = run.Validators,
        };
    }
}
