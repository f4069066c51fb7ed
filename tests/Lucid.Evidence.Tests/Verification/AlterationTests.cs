using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

/// <summary>Whatever is done to an evidence file, the verifier notices.</summary>
public sealed class AlterationTests
{
    private static readonly TestEvidence Evidence = TestEvidence.Make(new TestNetwork(1), [[1, 2, 3], [4, 5, 6]], new HashSet<ulong> { 1 });

    /// <summary>The header of evidence.txt: altered there, a file is no evidence at all.</summary>
    private const int FirstHeader = 30 + 12;

    [Fact]
    public async Task Verify_AnyByteAltered_IsDetected()
    {
        var file = await Evidence.FileAsync();
        await Parallel.ForAsync(0, file.Length, async (at, _) =>
        {
            var altered = file.ToArray();
            altered[at] ^= (byte)(1 << (at % 8));
            var report = await EvidenceVerifierTests.VerifyAsync(altered, Evidence);
            // The CRC and the lengths in the first header say nothing of what the file is.
            Assert.True(report.Verdict == Verdict.Failed || (report.Verdict == Verdict.Unreadable && at < FirstHeader), $"byte {at}: {report.Summary}");
        });
    }
}
