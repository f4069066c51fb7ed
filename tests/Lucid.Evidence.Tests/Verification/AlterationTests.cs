using Lucid.Evidence.Files;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

/// <summary>Whatever is done to an evidence file by someone who makes all around it fit, the verifier notices. See <see cref="SweepTests"/> for damage.</summary>
public sealed class AlterationTests
{
    private static readonly TestEvidence Evidence = TestEvidence.Make(new TestNetwork(1), [[1, 2, 3], [4, 5, 6]], new HashSet<ulong> { 1 });

    private static Task<VerificationReport> VerifyAsync(byte[] file) => EvidenceVerifierTests.VerifyAsync(file, Evidence);

    [Fact]
    public async Task Verify_EntriesLeftOutDoubledOrSwapped_IsDetected()
    {
        var entries = EvidenceBytes.Split(await Evidence.FileAsync());
        var others = new List<IEnumerable<EvidenceBytes.Entry>>();
        for (var one = 0; one < entries.Count; one++)
        {
            others.Add([.. entries[..one], .. entries[(one + 1)..]]);
            others.Add([.. entries[..one], entries[one], .. entries[one..]]);
            for (var two = one + 1; two < entries.Count; two++)
            {
                var swapped = entries.ToList();
                (swapped[one], swapped[two]) = (swapped[two], swapped[one]);
                others.Add(swapped);
                // The same names with each other's contents.
                var crossed = entries.ToList();
                (crossed[one], crossed[two]) = (crossed[one] with { Content = crossed[two].Content }, crossed[two] with { Content = crossed[one].Content });
                others.Add(crossed);
            }
        }
        Assert.Equal(Verdict.Verified, (await VerifyAsync(EvidenceBytes.Join(entries))).Verdict);
        foreach (var other in others)
            Assert.True((await VerifyAsync(EvidenceBytes.Join(other))).Verdict >= Verdict.Failed);
    }

    [Fact]
    public async Task Verify_AnyByteAlteredWithTheCrcsMadeToFit_IsDetected()
    {
        var entries = EvidenceBytes.Split(await Evidence.FileAsync());
        await Parallel.ForAsync(0, entries.Count, async (number, _) =>
        {
            for (var at = 0; at < entries[number].Content.Length; at++)
            {
                var altered = entries.ToList();
                altered[number] = altered[number] with { Content = [.. altered[number].Content] };
                altered[number].Content[at] ^= (byte)(1 << (at % 8));
                var report = await VerifyAsync(EvidenceBytes.Join(altered));
                // The log's own signature is for clients that know the log's key. Ours has no use for it, and no way to check it.
                var inLogSignature = entries[number].Part == EvidencePart.Receipt && LogSignature(entries[number].Content).Contains(at);
                Assert.True(report.Verdict >= Verdict.Failed || inLogSignature, $"{entries[number].Part}, byte {at}: {report.Summary}");
            }
        });

        static IEnumerable<int> LogSignature(byte[] receipt)
        {
            var start = receipt.AsSpan().LastIndexOf("\n\n"u8) + 2;
            return Enumerable.Range(start, receipt.AsSpan(start).IndexOf((byte)'\n'));
        }
    }
}
