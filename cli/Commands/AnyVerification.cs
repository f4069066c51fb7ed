using Lucid.Cli.Output;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>Verifies what `lucid verify` is given: an evidence file, or an audit export, told apart by its first bytes.</summary>
internal static class AnyVerification
{
    /// <param name="options">Null where nothing was named to hold it against, which an audit export cannot be.</param>
    public static async Task<VerificationReport> RunAsync(Stream file, TrustedValidators trusted, VerifyOptions? options, CancellationToken cancellation)
    {
        var first = new byte[AuditExport.Start.Length];
        var length = await file.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellation);
        await using var whole = new PeekedStream(first.AsMemory(0, length), file);
        if (!AuditVerifier.IsExport(first.AsSpan(0, length)))
            return await EvidenceVerifier.VerifyAsync(whole, trusted, options ?? new VerifyOptions(), cancellation);
        if (options is not null)
            throw new CliException("That is an export of the audit log: it has no chunks that receipts could be held against, and was not recorded under a policy. Leave --receipts and --policy out.");
        using var bytes = new MemoryStream();
        var piece = new byte[64 * 1024];
        while (await whole.ReadAsync(piece, cancellation) is > 0 and var read)
        {
            if (bytes.Length + read > AuditExport.MaxBytes)
                throw new CliException($"The audit export is longer than one can be ({Plain.Bytes(AuditExport.MaxBytes)}).");
            bytes.Write(piece, 0, read);
        }
        return AuditVerifier.Verify(bytes.ToArray(), trusted);
    }
}
