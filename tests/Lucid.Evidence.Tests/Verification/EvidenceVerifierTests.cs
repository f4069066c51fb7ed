using Lucid.Evidence.Files;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class EvidenceVerifierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Verify_TrueEvidence_IsVerifiedAndSaysWhatItProved(int validators)
    {
        var evidence = TestEvidence.Make(new TestNetwork(validators), [new byte[100], new byte[200_000], []], new HashSet<ulong> { 1 });
        var report = await VerifyAsync(await evidence.FileAsync(), evidence);
        Assert.Equal("VERIFIED", report.Summary);
        Assert.All(report.Checks, check => Assert.True(check.Outcome is CheckOutcome.Passed || check.Name == CheckNames.Receipts, check.ToString()));
        Assert.Equal((EvidenceContent.Full, 3UL, evidence.LogIndex), (report.Content, report.ChunksRead, report.LogIndex));
        Assert.Equal(evidence.Leaves.OfType<GapLeaf>(), report.Gaps);
        Assert.Contains("alpha", report[CheckNames.Recorder].Finding);
        Assert.Contains("track 0 from 5 s to 10 s (lost)", report[CheckNames.Gaps].Finding);
        Assert.Contains("block 3 of 2026-01-31T00:00:30.000Z", report[CheckNames.NotNewerThan].Finding);
        Assert.Contains("block 2 of 2026-01-31T00:00:20.000Z", report[CheckNames.NotOlderThan].Finding);
    }

    internal static Task<VerificationReport> VerifyAsync(byte[] file, TestEvidence evidence, VerifyOptions? options = null) =>
        VerifyAsync(file, new TrustedValidators(evidence.Network.Validators), options);

    internal static async Task<VerificationReport> VerifyAsync(byte[] file, TrustedValidators trusted, VerifyOptions? options = null)
    {
        using var stream = new MemoryStream(file);
        return await EvidenceVerifier.VerifyAsync(stream, trusted, options ?? new VerifyOptions { Parallelism = 1 }, CancellationToken.None);
    }
}
