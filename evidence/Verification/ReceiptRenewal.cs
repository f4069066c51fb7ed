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
    /// <returns>The source's report where that is failed or unreadable, else what came of the checks of the new proof. Unless its verdict
    /// is
    /// verified or not trusted, nothing was written.</returns>
    public static async Task<VerificationReport> RenewAsync(
        Stream source, RenewedProof proof, Stream destination, TrustedValidators trusted, CancellationToken cancellation)
    {
        source.Position = 0;
        var report = await EvidenceVerifier.VerifyAsync(source, trusted, new VerifyOptions(), cancellation);
        if (report.Verdict is Verdict.Failed or Verdict.Unreadable)
            return report;
        var file = await EvidenceFileIndex.OpenAsync(source, cancellation);
        var parts = Renew(await file.ReadPartsAsync(cancellation), proof);
        report = Check(parts, trusted);
        if (report.Verdict is Verdict.Failed)
            return report;
        var writer = await EvidenceFileWriter.PlanAsync(parts, file.ReadLeavesAsync, chunk => file.TryFindChunk(chunk, out _), cancellation);
        await writer.WriteAsync(destination, file.ReadChunkAsync, cancellation);
        return report;
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
