using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class ReceiptRenewalTests
{
    private readonly TestNetwork _network = new(1);
    private readonly TestEvidence _evidence;
    private readonly ValidatorSet _first;

    public ReceiptRenewalTests()
    {
        _evidence = TestEvidence.Make(_network, [[1], [2]]);
        _first = _network.Validators;
    }

    private RenewedProof Latest()
    {
        var (header, certificate, validators) = _network.Latest!.Value;
        return new RenewedProof(_network.Receipt(_evidence.LogIndex).Encode(), header.Encode(), certificate.Encode(), validators.Encode());
    }

    private async Task<(VerificationReport Report, byte[] File)> RenewAsync(
        byte[] file, RenewedProof proof, TrustedValidators? trusted = null)
    {
        using var destination = new MemoryStream();
        var renewal = await ReceiptRenewal.RenewAsync(
            new MemoryStream(file), proof, destination, trusted ?? new TrustedValidators(_first, _network.Validators), CancellationToken.None);
        Assert.Equal(renewal.Written, destination.Length > 0);
        return (renewal.Report, destination.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Renew_UnderALaterBlock_ChangesTheProofAlone(bool validatorsChanged)
    {
        var file = await _evidence.FileAsync(chunk => chunk == 1);
        if (validatorsChanged)
            _network.ChangeValidators(4);
        _network.Commit(Anchor.Of(_evidence.Manifest, _evidence.ManifestBytes) with { Session = Guid.NewGuid() });
        var (report, renewed) = await RenewAsync(file, Latest());
        Assert.Equal("VERIFIED", report.Summary);

        report = await EvidenceVerifierTests.VerifyAsync(renewed, new TrustedValidators(_first, _network.Validators));
        Assert.Equal(("VERIFIED", 4UL, EvidenceContent.Part), (report.Summary, report.Block!.Height, report.Content));
        EvidencePart[] kept =
        [
            EvidencePart.Manifest, EvidencePart.ManifestNote, EvidencePart.Leaves, EvidencePart.AfterBlock, EvidencePart.AfterCertificate,
            EvidencePart.Chunk,
        ];
        Assert.Equal(
            EvidenceBytes.Split(file).Where(entry => kept.Contains(entry.Part)).SelectMany(entry => entry.Content),
            EvidenceBytes.Split(renewed).Where(entry => kept.Contains(entry.Part)).SelectMany(entry => entry.Content));
        Assert.Equal(validatorsChanged, EvidenceBytes.Split(renewed).Exists(entry => entry.Part == EvidencePart.AfterValidators));
    }

    [Fact]
    public async Task Renew_BackToTheFirstValidators_DropsTheirSecondCopy()
    {
        var file = await _evidence.FileAsync();
        var proof = Latest();
        _network.ChangeValidators(4);
        _network.Commit();
        var (_, renewed) = await RenewAsync(file, Latest());
        Assert.Equal(file, (await RenewAsync(renewed, proof)).File);
    }

    [Fact]
    public async Task Renew_WithWhatDoesNotFit_WritesNothing()
    {
        var file = await _evidence.FileAsync();
        _network.Commit(Anchor.Of(_evidence.Manifest, _evidence.ManifestBytes) with { Session = Guid.NewGuid() });
        var good = Latest();
        foreach (var (proof, check) in new[]
        {
            (good with { Receipt = _network.Receipt(_evidence.LogIndex - 1).Encode() }, CheckNames.Inclusion),
            (good with { Block = _evidence.Parts.Block }, CheckNames.Checkpoint),
            (good with { Certificate = _evidence.Parts.Certificate }, CheckNames.Certificate),
            (good with { Validators = new TestNetwork(1, "other").Validators.Encode() }, CheckNames.Validators),
            (good with { Receipt = "nonsense"u8.ToArray() }, CheckNames.Inclusion),
        })
        {
            var (report, renewed) = await RenewAsync(file, proof);
            Assert.Equal((Verdict.Failed, CheckOutcome.Failed, 0), (report.Verdict, report[check].Outcome, renewed.Length));
        }
    }

    [Fact]
    public async Task Renew_ATrustedProofByAnUntrustedOne_WritesNothing()
    {
        var file = await _evidence.FileAsync();
        _network.ChangeValidators(4);
        _network.Commit();
        var (report, renewed) = await RenewAsync(file, Latest(), new TrustedValidators(_first));
        Assert.Equal((Verdict.NotTrusted, 0), (report.Verdict, renewed.Length));
        Assert.Contains(_network.Validators.Fingerprint, report.Summary);

        (report, renewed) = await RenewAsync(file, Latest(), TrustedValidators.None);
        Assert.Equal((Verdict.NotTrusted, true), (report.Verdict, renewed.Length > 0));
    }

    [Fact]
    public async Task Renew_ADamagedFile_WritesNothing()
    {
        var file = await _evidence.FileAsync();
        file[^1] ^= 1;
        var (report, renewed) = await RenewAsync(file, Latest());
        Assert.Equal((Verdict.Failed, 0), (report.Verdict, renewed.Length));
    }
}
