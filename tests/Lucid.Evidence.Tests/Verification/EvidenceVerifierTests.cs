using System.Text;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class EvidenceVerifierTests
{
    private static TestEvidence Make(int validators = 4)
    {
        var incompressible = new byte[200_000];
        new Random(1).NextBytes(incompressible);
        return TestEvidence.Make(new TestNetwork(validators), [new byte[100], incompressible, []], new HashSet<ulong> { 1 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Verify_TrueEvidence_IsVerifiedAndSaysWhatItProved(int validators)
    {
        var evidence = Make(validators);
        var report = await VerifyAsync(await evidence.FileAsync(), evidence);
        Assert.Equal("VERIFIED", report.Summary);
        Assert.All(report.Checks, check => Assert.True(check.Outcome is CheckOutcome.Passed || check.Name is CheckNames.Receipts or CheckNames.Policy, check.ToString()));
        Assert.Equal((EvidenceContent.Full, 3UL, evidence.LogIndex), (report.Content, report.ChunksRead, report.LogIndex));
        Assert.Equal(evidence.Leaves.OfType<GapLeaf>(), report.Gaps);
        Assert.Contains("alpha", report[CheckNames.Recorder].Finding);
        Assert.Contains("track 0 from 5 s to 10 s (lost)", report[CheckNames.Gaps].Finding);
        Assert.Contains("block 3 of 2026-01-31T00:00:30.000Z", report[CheckNames.NotNewerThan].Finding);
        Assert.Contains("block 2 of 2026-01-31T00:00:20.000Z", report[CheckNames.NotOlderThan].Finding);
    }

    [Fact]
    public async Task Verify_ARecorderThatNoTrustedSetNames_OnlyCallsItselfThat()
    {
        var network = new TestNetwork(4);
        var evidence = TestEvidence.Make(network, [[1]]);
        var report = await VerifyAsync(await evidence.FileAsync(), evidence);
        Assert.StartsWith("recorded by a recorder that calls itself alpha, whose key ", report[CheckNames.Recorder].Finding);
        Assert.Equal("the recorder declares no gap", report[CheckNames.Gaps].Finding);

        var (known, cosigning) = (network.Recorder.PublicKey, network.Key("cosigning of alpha").PublicKey);
        foreach (var (name, told) in new[] { ("alpha", "alpha"), ("beta", "a recorder that calls itself alpha") })
        {
            var set = new ValidatorSet(network.Id, [new Validator(name, known, cosigning)]);
            report = await VerifyAsync(await evidence.FileAsync(), new TrustedValidators(network.Validators, set));
            Assert.StartsWith($"recorded by {told}, whose key ", report[CheckNames.Recorder].Finding);
        }
    }

    [Fact]
    public async Task Verify_ASessionWithoutLeaves_IsVerified()
    {
        var evidence = TestEvidence.Make(new TestNetwork(1), []);
        var report = await VerifyAsync(await evidence.FileAsync(), evidence);
        Assert.Equal(("VERIFIED", EvidenceContent.Full), (report.Summary, report.Content));
        Assert.Equal(CheckOutcome.Skipped, report[CheckNames.Chunks].Outcome);
    }

    [Fact]
    public async Task Verify_TheProofAlone_IsVerified()
    {
        var evidence = Make();
        var report = await VerifyAsync(await evidence.FileAsync(_ => false), evidence);
        Assert.Equal(("VERIFIED", EvidenceContent.Proof, 0UL), (report.Summary, report.Content, report.ChunksRead));
        Assert.Equal(CheckOutcome.Skipped, report[CheckNames.Chunks].Outcome);
    }

    [Fact]
    public async Task Verify_BeforeTheFirstBlock_ClaimsNoLowerBound()
    {
        var evidence = TestEvidence.Make(new TestNetwork(1), [], change: manifest =>
            manifest with { AfterBlock = manifest.AfterBlock with { Height = 0, Id = manifest.Network } });
        var report = await VerifyAsync(await evidence.FileAsync(evidence.Parts with { After = null }), evidence);
        Assert.Equal(("VERIFIED", CheckOutcome.Skipped), (report.Summary, report[CheckNames.NotOlderThan].Outcome));
        report = await VerifyAsync(await evidence.FileAsync(), evidence);
        Assert.Equal(CheckOutcome.Failed, report[CheckNames.NotOlderThan].Outcome);
    }

    [Fact]
    public async Task Verify_UnknownValidators_IsConsistentButNotTrusted()
    {
        var evidence = Make();
        var fingerprint = evidence.Network.Validators.Fingerprint;
        var report = await VerifyAsync(await evidence.FileAsync(), TrustedValidators.None);
        Assert.Equal((Verdict.NotTrusted, $"CONSISTENT, NOT TRUSTED: validators unknown, fingerprint {fingerprint}"), (report.Verdict, report.Summary));

        report = await VerifyAsync(await evidence.FileAsync(), new TrustedValidators(new TestNetwork(4, "other").Validators));
        Assert.Equal(Verdict.NotTrusted, report.Verdict);

        var known = new ValidatorSet(evidence.Network.Id, new TestNetwork(4, "other").Validators.Validators);
        report = await VerifyAsync(await evidence.FileAsync(), new TrustedValidators(known));
        Assert.Contains($"known here with others, fingerprint {known.Fingerprint}", report.Summary);
    }

    [Fact]
    public async Task Verify_AfterValidatorsChanged_NeedsBothSetsTrusted()
    {
        var network = new TestNetwork(1);
        var first = network.Validators;
        var evidence = TestEvidence.Make(network, [[1]], change: manifest =>
        {
            network.ChangeValidators(4);
            return manifest;
        });
        var file = await evidence.FileAsync();
        Assert.Contains(EvidenceBytes.Split(file), entry => entry.Part == EvidencePart.AfterValidators);
        Assert.Equal("VERIFIED", (await VerifyAsync(file, new TrustedValidators(first, network.Validators))).Summary);

        var report = await VerifyAsync(file, new TrustedValidators(network.Validators));
        Assert.Equal((Verdict.NotTrusted, CheckOutcome.NotTrusted), (report.Verdict, report[CheckNames.NotOlderThan].Outcome));
        Assert.Contains(first.Fingerprint, report.Summary);

        var without = await evidence.FileAsync(evidence.Parts with { After = evidence.Parts.After! with { Validators = default } });
        AssertFails(await VerifyAsync(without, new TrustedValidators(first, network.Validators)), CheckNames.NotOlderThan);
    }

    [Theory]
    [MemberData(nameof(BrokenEvidence.Ways), MemberType = typeof(BrokenEvidence))]
    public async Task Verify_OnePartBroken_FailsThatCheck(string what, string check)
    {
        var evidence = Make();
        var report = await VerifyAsync(await BrokenEvidence.MakeAsync(evidence, what), evidence);
        AssertFails(report, check);
        // The form of the file is kept in all of these: they are what a forger would make.
        Assert.NotEqual(CheckOutcome.Failed, report[CheckNames.File].Outcome);
    }

    [Fact]
    public async Task Verify_AFailedCheck_DoesNotHideTheOthers()
    {
        var evidence = Make();
        var report = await VerifyAsync(await BrokenEvidence.MakeAsync(evidence, "a manifest signed by another recorder"), evidence);
        Assert.Equal(CheckNames.Recorder, Assert.Single(report.Checks, check => check.Outcome == CheckOutcome.Failed).Name);
        Assert.Equal(CheckOutcome.Passed, report[CheckNames.Chunks].Outcome);
    }

    [Fact]
    public async Task Verify_SeveralChunksBroken_NamesEach()
    {
        var evidence = Make();
        var file = EvidenceBytes.Change(await evidence.FileAsync(), EvidencePart.Chunk, content => [(byte)(content[0] ^ 1), .. content[1..]]);
        var report = await VerifyAsync(file, evidence, new VerifyOptions { Parallelism = 2 });
        foreach (var index in new[] { 0, 2, 3 })
            Assert.Contains($"chunk {index}: its ciphertext has the root", report[CheckNames.Chunks].Finding);
        Assert.StartsWith("FAILED: chunks: chunk 0", report.Summary);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(65_535, 0)]
    [InlineData(65_536, 1)]
    [InlineData(150_000, 2)]
    public async Task Verify_OneByteOfAChunkAltered_NamesItsSegment(int position, int segment)
    {
        var evidence = Make();
        var file = await evidence.FileAsync();
        var cipher = evidence.Ciphertext(2);
        var at = file.AsSpan().IndexOf(cipher) + position;
        file[at] ^= 0x55;
        var report = await VerifyAsync(file, evidence);
        Assert.StartsWith(
            $"FAILED: chunks: chunk 2, segment {segment}: byte {position} was altered from 0x{cipher[position]:x2} to 0x{file[at]:x2}", report.Summary);
    }

    [Fact]
    public async Task Verify_OneByteOfATextAltered_NamesItsLine()
    {
        var evidence = Make();
        var file = await evidence.FileAsync();
        var at = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\n{evidence.Network.Latest!.Value.Header.TimeMs}\n")) + 1;
        file[at]++;
        Assert.Contains("block.txt is damaged", (await VerifyAsync(file, evidence)).Summary);
        Assert.Contains("in line 5, from '1' to '2'", (await VerifyAsync(file, evidence)).Summary);
    }

    [Fact]
    public async Task Verify_ALeafAltered_NamesItsLine()
    {
        var evidence = Make();
        var file = await evidence.FileAsync();
        file[file.AsSpan().IndexOf("\nlost\n"u8) + 1] = (byte)'c';
        Assert.Contains("leaf number 1, which begins in line 11: leaf: line 7", (await VerifyAsync(file, evidence)).Summary);
    }

    [Fact]
    public async Task Verify_WhatIsNoEvidence_IsUnreadable()
    {
        var evidence = Make();
        var file = await evidence.FileAsync();
        var second = EvidenceBytes.Change(file, EvidencePart.Evidence, content => [.. "lucid.evidence/2\n"u8, .. content[17..]]);
        var manifestEnd = file.AsSpan().IndexOf("  ]\n}\n"u8) + 6;
        byte[][] others = [[], [1, 2, 3], [.. "PK"u8], new byte[1000], Encoding.UTF8.GetBytes(new string('x', 5000)), second, file[..(manifestEnd - 1)]];
        foreach (var other in others)
        {
            var report = await VerifyAsync(other, evidence);
            Assert.Equal((Verdict.Unreadable, true), (report.Verdict, report.Summary.StartsWith("UNREADABLE: file: ", StringComparison.Ordinal)));
        }
        Assert.Equal(Verdict.Failed, (await VerifyAsync(file[..manifestEnd], evidence)).Verdict);
    }

    [Fact]
    public async Task Verify_AStreamThatFails_IsUnreadable()
    {
        var report = await EvidenceVerifier.VerifyAsync(new FailingStream(), TrustedValidators.None, new VerifyOptions(), CancellationToken.None);
        Assert.Equal("UNREADABLE: file: it could not be read: the disk is gone", report.Summary);
    }

    [Fact]
    public async Task Verify_Cancelled_Throws()
    {
        var file = await Make().FileAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            EvidenceVerifier.VerifyAsync(new MemoryStream(file), TrustedValidators.None, new VerifyOptions(), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Verify_ReceiptsThatAreHonoured_SaysSo()
    {
        var evidence = Make();
        SignedNote[] receipts = [.. evidence.Leaves.OfType<ChunkLeaf>().Select(leaf =>
            new ChunkReceipt(evidence.Network.Id, leaf).Sign("alpha", evidence.Network.Recorder))];
        var report = await VerifyAsync(await evidence.FileAsync(), evidence, new VerifyOptions { Receipts = receipts });
        Assert.Equal(("VERIFIED", "3 chunk receipts honoured"), (report.Summary, report[CheckNames.Receipts].Finding));
    }

    [Fact]
    public async Task Verify_ReceiptsOfTheSessionBefore_ArePassedOver_AndNoOthers()
    {
        var (before, stranger) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var evidence = TestEvidence.Make(new TestNetwork(1), [[1]], change: manifest => manifest with { Continues = before });
        var leaf = (ChunkLeaf)evidence.Leaves[0];
        SignedNote Receipt(Guid session) =>
            new ChunkReceipt(evidence.Network.Id, leaf with { Session = session }).Sign("alpha", evidence.Network.Recorder);
        var file = await evidence.FileAsync();

        var report = await VerifyAsync(file, evidence, new VerifyOptions { Receipts = [Receipt(before), Receipt(leaf.Session)] });
        Assert.Equal("VERIFIED", report.Summary);
        Assert.Equal($"1 chunk receipt honoured; 1 of session {before}, which this one continues, not looked at", report[CheckNames.Receipts].Finding);

        report = await VerifyAsync(file, evidence, new VerifyOptions { Receipts = [Receipt(before)] });
        Assert.Equal(CheckOutcome.Skipped, report[CheckNames.Receipts].Outcome);

        report = await VerifyAsync(file, evidence, new VerifyOptions { Receipts = [Receipt(before), Receipt(stranger)] });
        AssertFails(report, CheckNames.Receipts);
        Assert.StartsWith("receipt 2: ", report[CheckNames.Receipts].Finding);
    }

    [Fact]
    public async Task Verify_AReceiptThatIsNotHonoured_Fails()
    {
        var evidence = Make();
        var leaf = (ChunkLeaf)evidence.Leaves[0];
        var file = await evidence.FileAsync();
        foreach (var (receipt, name, finding) in new[]
        {
            (new ChunkReceipt(evidence.Network.Id, leaf with { Root = Hash256.Zero }), "alpha", "signed a receipt for chunk 0"),
            (new ChunkReceipt(evidence.Network.Id, leaf with { Index = 1 }), "alpha", "signed a receipt for chunk 1"),
            (new ChunkReceipt(evidence.Network.Id, leaf with { Session = Guid.Empty }), "alpha", "not for this one"),
            (new ChunkReceipt(Hash256.Zero, leaf), "alpha", "not for this one"),
            (new ChunkReceipt(evidence.Network.Id, leaf with { Root = Hash256.Zero }), "beta", "signed a receipt for chunk 0"),
        })
        {
            var report = await VerifyAsync(file, evidence, new VerifyOptions { Receipts = [receipt.Sign(name, evidence.Network.Recorder)] });
            AssertFails(report, CheckNames.Receipts);
            Assert.Contains(finding, report[CheckNames.Receipts].Finding);
        }
    }

    [Fact]
    public async Task Verify_AReceiptOfARecorderBefore_IsHonoured_AndNamedAsAnothers()
    {
        var evidence = Make();
        var leaf = (ChunkLeaf)evidence.Leaves[0];
        // A session that outlived its recorder: its manifest names the last one.
        var options = new VerifyOptions { Receipts = [new ChunkReceipt(evidence.Network.Id, leaf).Sign("beta", evidence.Network.Recorder)] };
        var report = await VerifyAsync(await evidence.FileAsync(), evidence, options);
        Assert.Equal(("VERIFIED", "1 chunk receipt honoured, 1 of them signed by another recorder than the manifest's"), (report.Summary, report[CheckNames.Receipts].Finding));
    }

    private static void AssertFails(VerificationReport report, string check)
    {
        Assert.Equal(Verdict.Failed, report.Verdict);
        Assert.StartsWith($"FAILED: {check}: ", report.Summary);
        Assert.Equal(CheckOutcome.Failed, report[check].Outcome);
    }

    internal static Task<VerificationReport> VerifyAsync(byte[] file, TestEvidence evidence, VerifyOptions? options = null) =>
        VerifyAsync(file, new TrustedValidators(evidence.Network.Validators), options);

    internal static async Task<VerificationReport> VerifyAsync(byte[] file, TrustedValidators trusted, VerifyOptions? options = null)
    {
        using var stream = new MemoryStream(file);
        return await EvidenceVerifier.VerifyAsync(stream, trusted, options ?? new VerifyOptions { Parallelism = 1 }, CancellationToken.None);
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("the disk is gone");
    }
}
