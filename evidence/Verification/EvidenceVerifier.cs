namespace Lucid.Evidence.Verification;

/// <summary>
/// Verifies an evidence file offline: with no key, no account and no server, from its bytes and the validator sets that the reader trusts.
/// </summary>
/// <remarks>
/// The file is read once, in sequence; no length in it is trusted. Memory is bounded: one chunk for each core and one more, the small
/// entries,
/// and about 100 bytes for each chunk. A failed check does not end the verification as long as the file's form still holds, so that a
/// report
/// also says what remains true. Which byte of a chunk was altered can be named where it was a single one (see the check <c>chunks</c>);
/// else
/// the chunk is named, since a file holds no hashes of single segments.
/// </remarks>
public static class EvidenceVerifier
{
    /// <param name="file">Only read from, never sought; left open.</param>
    /// <param name="trusted">The validator sets to believe.</param>
    /// <exception cref="OperationCanceledException">The only exception: whatever is wrong with the file is in the report.</exception>
    public static Task<VerificationReport> VerifyAsync(
        Stream file, TrustedValidators trusted, VerifyOptions options, CancellationToken cancellation) =>
        new VerificationRun(file, trusted, options).RunAsync(cancellation);
}
