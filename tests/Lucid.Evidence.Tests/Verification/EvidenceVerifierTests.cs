using System.Text;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
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
        Assert.All(report.Checks, check => Assert.True(check.Outcome is CheckOutcome.Passed || check.Name == CheckNames.Receipts, check.ToString()));
        Assert.Equal((EvidenceContent.Full, 3UL, evidence.LogIndex), (report.Content, report.ChunksRead, report.LogIndex));
        Assert.Equal(evidence.Leaves.OfType<GapLeaf>(), report.Gaps);
        Assert.Contains("alpha", report[CheckNames.Recorder].Finding);
        Assert.Contains("track 0 from 5 s to 10 s (lost)", report[CheckNames.Gaps].Finding);
        Assert.Contains("block 3 of 2026-01-31T00:00:30.000Z", report[CheckNames.NotNewerThan].Finding);
        Assert.Contains("block 2 of 2026-01-31T00:00:20.000Z", report[CheckNames.NotOlderThan].Finding);
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
        var evidence = TestEvidence.Make(new TestNetwork(1), [], change: manifest => manifest with { AfterBlock = manifest.AfterBlock with { Height = 0, Id = manifest.Network } });
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

    /// <summary>One way to break each check, and the check that has to notice, alone or first.</summary>
    public static TheoryData<string, string> Breaks => new()
    {
        { "another session in evidence.txt", CheckNames.Manifest },
        { "a manifest that is none", CheckNames.Manifest },
        { "a manifest signed by another recorder", CheckNames.Recorder },
        { "a leaf with another root", CheckNames.Leaves },
        { "a leaf of another session", CheckNames.Leaves },
        { "a leaf of a track without a name", CheckNames.Leaves },
        { "a leaf too many", CheckNames.Leaves },
        { "a leaf too few", CheckNames.Leaves },
        { "leaves in another order", CheckNames.Leaves },
        { "a leaf with another length", CheckNames.Leaves },
        { "a leaf cut off", CheckNames.Leaves },
        { "a receipt for another entry", CheckNames.Inclusion },
        { "a receipt with extra data", CheckNames.Inclusion },
        { "a receipt that is none", CheckNames.Inclusion },
        { "a block with another log", CheckNames.Checkpoint },
        { "a block that is none", CheckNames.Checkpoint },
        { "another validator set", CheckNames.Validators },
        { "validators that are none", CheckNames.Validators },
        { "a certificate with too few votes", CheckNames.Certificate },
        { "a certificate of another round", CheckNames.Certificate },
        { "a certificate for another block", CheckNames.Certificate },
        { "a checkpoint with too few cosignatures", CheckNames.Cosignatures },
        { "a checkpoint with a false cosignature", CheckNames.Cosignatures },
        { "a checkpoint with a stranger's cosignature", CheckNames.Cosignatures },
        { "a checkpoint with a cosignature twice", CheckNames.Cosignatures },
        { "a checkpoint with two log signatures", CheckNames.Cosignatures },
        { "no block before the session", CheckNames.NotOlderThan },
        { "another block before the session", CheckNames.NotOlderThan },
        { "an uncertified block before the session", CheckNames.NotOlderThan },
        { "a repeated set before the session", CheckNames.NotOlderThan },
        { "a block after the session as before it", CheckNames.NotOlderThan },
        { "two chunks swapped", CheckNames.Chunks },
        { "a chunk with another byte", CheckNames.Chunks },
        { "a chunk cut short", CheckNames.Chunks },
        { "a chunk left out", CheckNames.Chunks },
        { "a chunk that no leaf names", CheckNames.Chunks },
        { "chunks in a file that says proof", CheckNames.Chunks },
    };

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Verify_OnePartBroken_FailsThatCheck(string what, string check)
    {
        var evidence = Make();
        var report = await VerifyAsync(await BreakAsync(evidence, what), evidence);
        AssertFails(report, check);
        // The form of the file is kept in all of these: they are what a forger would make.
        Assert.NotEqual(CheckOutcome.Failed, report[CheckNames.File].Outcome);
    }

    private static async Task<byte[]> BreakAsync(TestEvidence evidence, string what)
    {
        var (network, parts) = (evidence.Network, evidence.Parts);
        var file = await evidence.FileAsync();
        byte[] Replace(EvidencePart part, string old, string text) => EvidenceBytes.Change(file, part, content =>
        {
            var whole = Encoding.UTF8.GetString(content);
            Assert.Contains(old, whole);
            return Encoding.UTF8.GetBytes(whole.Replace(old, text));
        });
        byte[] Leaves(Func<List<Leaf>, IEnumerable<Leaf>> change) =>
            EvidenceBytes.Change(file, EvidencePart.Leaves, _ => [.. change([.. evidence.Leaves]).SelectMany(leaf => leaf.Encode())]);
        byte[] Checkpoint(Func<SignedNote, SignedNote> change)
        {
            var receipt = TlogProof.Parse(parts.Receipt.Span);
            return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => new TlogProof(receipt.Index, receipt.Proof, change(receipt.Note)).Encode());
        }
        byte[] Chunks(Func<List<EvidenceBytes.Entry>, IEnumerable<EvidenceBytes.Entry>> change)
        {
            var entries = EvidenceBytes.Split(file);
            return EvidenceBytes.Join([
                .. entries.Where(entry => entry.Part != EvidencePart.Chunk), .. change([.. entries.Where(entry => entry.Part == EvidencePart.Chunk)])]);
        }
        var header = BlockHeader.Parse(parts.Block.Span);
        var text = TlogProof.Parse(parts.Receipt.Span).Note.TextBytes.ToArray();
        switch (what)
        {
            case "another session in evidence.txt":
                return Replace(EvidencePart.Evidence, "0199c0de", "0199c0df");
            case "a manifest that is none":
                return Replace(EvidencePart.Manifest, "{\n", "{ \n");
            case "a manifest signed by another recorder":
                return EvidenceBytes.Change(file, EvidencePart.ManifestNote, _ => RecorderNote.Sign(
                    new ManifestSignature(network.Id, Hash256.Of(evidence.ManifestBytes)).ToText(), network.Id, "alpha", network.Key("other")).Encode());
            case "a leaf with another root":
                return Leaves(leaves => [(ChunkLeaf)leaves[0] with { Root = Hash256.Zero }, .. leaves[1..]]);
            case "a leaf of another session":
                return Leaves(leaves => [leaves[0] with { Session = Guid.Empty }, .. leaves[1..]]);
            case "a leaf of a track without a name":
                return Leaves(leaves => [leaves[0] with { Track = 7 }, .. leaves[1..]]);
            case "a leaf too many":
                return Leaves(leaves => [.. leaves, SampleRecords.Gap(4)]);
            case "a leaf too few":
                return Leaves(leaves => leaves[..^1]);
            case "leaves in another order":
                return Leaves(leaves => Enumerable.Reverse(leaves));
            case "a leaf with another length":
                return Leaves(leaves => [(ChunkLeaf)leaves[0] with { PlainLength = 99 }, .. leaves[1..]]);
            case "a leaf cut off":
                return EvidenceBytes.Change(file, EvidencePart.Leaves, content => content[..^1]);
            case "a receipt for another entry":
                return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => network.Receipt(evidence.LogIndex - 1).Encode());
            case "a receipt with extra data":
                var proof = TlogProof.Parse(parts.Receipt.Span);
                return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => new TlogProof(proof.Index, proof.Proof, proof.Note, new byte[] { 1 }).Encode());
            case "a receipt that is none":
                return Replace(EvidencePart.Receipt, "index ", "index 0");
            case "a block with another log":
                network.Commit(Anchor.Of(evidence.Manifest, evidence.ManifestBytes));
                return await evidence.FileAsync(parts with { Block = network.Latest!.Value.Header.Encode(), Certificate = network.Latest.Value.Certificate.Encode() });
            case "a block that is none":
                return Replace(EvidencePart.Block, "lucid.block/1", "lucid.block/2");
            case "another validator set":
                return await evidence.FileAsync(parts with { Validators = new ValidatorSet(network.Id, new TestNetwork(4, "other").Validators.Validators).Encode() });
            case "validators that are none":
                return Replace(EvidencePart.Validators, "v01", "v09");
            case "a certificate with too few votes":
                return await evidence.FileAsync(parts with { Certificate = network.Certify(header, 2).Encode() });
            case "a certificate of another round":
                return Replace(EvidencePart.Certificate, $"\n3\n0\n", "\n3\n1\n");
            case "a certificate for another block":
                return await evidence.FileAsync(parts with { Certificate = network.Certify(header with { StateRoot = Hash256.Of([1]) }).Encode() });
            case "a checkpoint with too few cosignatures":
                return Checkpoint(_ => network.Checkpoint(2));
            case "a checkpoint with a false cosignature":
                var name = network.Validators.CosignerName(3);
                var key = NoteVerifierKey.For(name, NoteKeyType.Cosignature, network.Validators.Validators[3].Cosigning);
                return Checkpoint(note => note.With(new NoteSignature(name, key.KeyId, new byte[72])));
            case "a checkpoint with a stranger's cosignature":
                return Checkpoint(note => note.With(Cosignature.Sign(text, $"lucid/{network.Id}/stranger", network.Key("stranger"), 1)));
            case "a checkpoint with a cosignature twice":
                return Checkpoint(note => note.With(note.Signatures[^1]));
            case "a checkpoint with two log signatures":
                return Checkpoint(note => note.With(note.Signatures[0]));
            case "no block before the session":
                return await evidence.FileAsync(parts with { After = null });
            case "another block before the session":
                return await evidence.FileAsync(parts with { After = new AfterBlockParts(parts.Block, parts.Certificate) });
            case "an uncertified block before the session":
                return EvidenceBytes.Change(file, EvidencePart.AfterCertificate, _ => network.Certify(BlockHeader.Parse(parts.After!.Block.Span), 2).Encode());
            case "a repeated set before the session":
                return await evidence.FileAsync(parts with { After = parts.After! with { Validators = parts.Validators } });
            case "a block after the session as before it":
                var later = network.Latest!.Value.Header with { Height = 9, TimeMs = header.TimeMs + 60_000 };
                var forged = TestEvidence.Make(network, [[1]], change: manifest => manifest with { AfterBlock = new BlockReference(9, later.Id(), DateTimeOffset.FromUnixTimeMilliseconds(later.TimeMs)) });
                return await forged.FileAsync(forged.Parts with { After = new AfterBlockParts(later.Encode(), network.Certify(later).Encode()) });
            case "two chunks swapped":
                return Chunks(chunks => [chunks[0] with { Content = chunks[2].Content }, chunks[1], chunks[2] with { Content = chunks[0].Content }]);
            case "a chunk with another byte":
                return EvidenceBytes.Change(file, EvidencePart.Chunk, content => [.. content[..^1], (byte)(content[^1] ^ 1)]);
            case "a chunk cut short":
                return Chunks(chunks => [chunks[0] with { Content = chunks[0].Content[..^1] }, .. chunks[1..]]);
            case "a chunk left out":
                return Chunks(chunks => chunks[1..]);
            case "a chunk that no leaf names":
                return Chunks(chunks => [.. chunks, chunks[^1] with { Chunk = 1_000 }]);
            case "chunks in a file that says proof":
                return Replace(EvidencePart.Evidence, "\nfull\n", "\nproof\n");
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    [Fact]
    public async Task Verify_AFailedCheck_DoesNotHideTheOthers()
    {
        var evidence = Make();
        var report = await VerifyAsync(await BreakAsync(evidence, "a manifest signed by another recorder"), evidence);
        Assert.Equal([CheckNames.Recorder], report.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name).ToHashSet(StringComparer.Ordinal));
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
        foreach (var other in new[] { [], [1, 2, 3], "PK"u8.ToArray(), new byte[1000], Encoding.UTF8.GetBytes(new string('x', 5000)), second, file[..manifestEnd][..^1] })
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
        SignedNote[] receipts = [.. evidence.Leaves.OfType<ChunkLeaf>().Select(leaf => new ChunkReceipt(evidence.Network.Id, leaf).Sign("alpha", evidence.Network.Recorder))];
        var report = await VerifyAsync(await evidence.FileAsync(), evidence, new VerifyOptions { Receipts = receipts });
        Assert.Equal(("VERIFIED", "3 chunk receipts honoured"), (report.Summary, report[CheckNames.Receipts].Finding));
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
            (new ChunkReceipt(evidence.Network.Id, leaf), "beta", "signed under the name"),
        })
        {
            var report = await VerifyAsync(file, evidence, new VerifyOptions { Receipts = [receipt.Sign(name, evidence.Network.Recorder)] });
            AssertFails(report, CheckNames.Receipts);
            Assert.Contains(finding, report[CheckNames.Receipts].Finding);
        }
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
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("the disk is gone");
    }
}
