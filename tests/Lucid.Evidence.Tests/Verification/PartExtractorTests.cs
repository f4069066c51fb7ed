using Lucid.Evidence.Files;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class PartExtractorTests
{
    private static readonly TestEvidence Evidence = TestEvidence.Make(new TestNetwork(2), [[1], [2], [3]]);

    private static async Task<(VerificationReport Source, byte[] File)> ExtractAsync(byte[] file, params ulong[] chunks)
    {
        using var destination = new MemoryStream();
        var report = await PartExtractor.ExtractAsync(
            new MemoryStream(file), chunks.ToHashSet(), destination, new TrustedValidators(Evidence.Network.Validators), CancellationToken.None);
        return (report, destination.ToArray());
    }

    [Theory]
    [InlineData(new ulong[0], EvidenceContent.Proof)]
    [InlineData(new ulong[] { 1 }, EvidenceContent.Part)]
    [InlineData(new ulong[] { 0, 1, 2 }, EvidenceContent.Full)]
    public async Task Extract_SomeChunks_VerifiesAndHoldsThoseAlone(ulong[] chunks, EvidenceContent content)
    {
        var (_, part) = await ExtractAsync(await Evidence.FileAsync(), chunks);
        var report = await EvidenceVerifierTests.VerifyAsync(part, Evidence);
        Assert.Equal(("VERIFIED", content, (ulong)chunks.Length), (report.Summary, report.Content, report.ChunksRead));
        Assert.Equal(part, await Evidence.FileAsync(chunks.Contains));
        for (var chunk = 0UL; chunk < 3; chunk++)
            Assert.Equal(chunks.Contains(chunk), part.AsSpan().IndexOf(Evidence.Ciphertext(chunk)) >= 0);
    }

    [Fact]
    public async Task Extract_FromAPart_WorksForWhatItHolds()
    {
        var part = await Evidence.FileAsync(chunk => chunk < 2);
        Assert.Equal(await Evidence.FileAsync(chunk => chunk == 1), (await ExtractAsync(part, 1)).File);
        Assert.Equal(2UL, (await Assert.ThrowsAsync<ChunkNotInFileException>(() => ExtractAsync(part, 2))).Chunk);
    }

    [Fact]
    public async Task Extract_FromADamagedFile_WritesNothing()
    {
        var file = await Evidence.FileAsync();
        file[file.Length / 2] ^= 1;
        var (report, part) = await ExtractAsync(file, 1);
        Assert.Equal((Verdict.Failed, 0), (report.Verdict, part.Length));
    }
}
