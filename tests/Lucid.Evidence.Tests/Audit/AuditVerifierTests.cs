using Lucid.Evidence.Audit;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Audit;

public sealed class AuditVerifierTests
{
    private readonly SampleAudit _audit = new(5);

    [Fact]
    public void Verify_TheWholeLog_IsVerified_AndNothingIsMissing()
    {
        var report = Verify(_audit.Export(0, 1, 2, 3, 4));
        Assert.Equal((Verdict.Verified, "VERIFIED"), (report.Verdict, report.Summary));
        Assert.All(report.Checks, check => Assert.Equal(CheckOutcome.Passed, check.Outcome));
        Assert.Equal("the whole log up to that root: none is missing", report[CheckNames.Completeness].Finding);
        Assert.Equal(new AuditRange(_audit.Network.Id, _audit.Root.Recorder.ToString(), 0, 4, 5, 5, IsContiguous: true), report.Audit);
    }

    [Fact]
    public void Verify_ARange_SaysThatNoneInBetweenIsMissing() =>
        Assert.Equal("every record from 1 to 3: none in between is missing", Verify(_audit.Export(1, 2, 3))[CheckNames.Completeness].Finding);

    [Fact]
    public void Verify_ASelection_ProvesEachAndClaimsNoMore()
    {
        var report = Verify(_audit.Export(0, 2, 3));
        Assert.Equal(Verdict.Verified, report.Verdict);
        Assert.Equal(CheckOutcome.Skipped, report[CheckNames.Completeness].Outcome);
        Assert.False(report.Audit!.IsContiguous);
    }

    [Fact]
    public void Verify_NoRecord_ClaimsNothingOfThem()
    {
        var report = Verify(_audit.Export());
        Assert.Equal((Verdict.Verified, CheckOutcome.Skipped), (report.Verdict, report[CheckNames.Completeness].Outcome));
    }

    [Fact]
    public void Verify_UnderValidatorsThatNobodyKnows_IsNotTrusted()
    {
        var report = AuditVerifier.Verify(_audit.Export(0, 1).Encode(), TrustedValidators.None);
        Assert.Equal(Verdict.NotTrusted, report.Verdict);
        Assert.StartsWith("CONSISTENT, NOT TRUSTED: validators unknown", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_EveryFlippedByte_IsDetected()
    {
        var trusted = new TrustedValidators(_audit.Network.Validators);
        var file = _audit.Export(0, 1, 3).Encode();
        Parallel.For(0, file.Length, i =>
        {
            byte[] altered = [.. file];
            altered[i] ^= 0x20;
            Assert.True(AuditVerifier.Verify(altered, trusted).Verdict is Verdict.Failed or Verdict.Unreadable, $"byte {i}");
        });
    }

    [Fact]
    public void Verify_CutOffAnywhere_IsDetected()
    {
        var file = _audit.Export(0, 1, 3).Encode();
        for (var length = 0; length < file.Length; length++)
            Assert.Equal(Verdict.Unreadable, AuditVerifier.Verify(file.AsMemory(0, length), TrustedValidators.None).Verdict);
        Assert.Equal(Verdict.Unreadable, AuditVerifier.Verify((byte[])[.. file, (byte)' '], TrustedValidators.None).Verdict);
    }

    /// <summary>Whoever can write a file can also make its sum anew: what counts is what they cannot sign.</summary>
    [Fact]
    public void Verify_AForgerWhoMakesTheSumAnew_IsCaughtByTheRecords()
    {
        var export = _audit.Export(0, 1, 2, 3, 4);
        var other = new SampleAudit(5, new TestNetwork(seed: "other"));
        Fails(CheckNames.Records, export with { Records = export.Records.RemoveAt(2) });
        Fails(CheckNames.Records, export with { Records = export.Records.RemoveAt(4) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(2, export.Records[2] with { Record = export.Records[2].Record.Replace("user/2", "user/9", StringComparison.Ordinal) }) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(4, export.Records[4] with { Record = export.Records[4].Record.Replace("user/4", "user/9", StringComparison.Ordinal) }) });
        Fails(CheckNames.Records, export with { Records = [export.Records[1], export.Records[0]] });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(4, export.Records[4] with { Proof = ["00"] }) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(1, new ExportedRecord(export.Records[1].Record, _audit.Prove(1))) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(0, new ExportedRecord(export.Records[0].Record)) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(0, export.Records[0] with { Proof = _audit.Prove(1) }) });
        Fails(CheckNames.Records, export with { Records = export.Records.SetItem(0, other.Export(0, 1).Records[0]) });
        Fails(CheckNames.Inclusion, export with { Root = SampleAudit.Text((_audit.Root with { TimeMs = 5 }).Encode()) });
        Fails(CheckNames.Inclusion, export with { Root = other.Export().Root });
        Fails(CheckNames.Checkpoint, export with { Block = other.Export().Block });
        Fails(CheckNames.Validators, export with { Validators = other.Export().Validators });
        Fails(CheckNames.Certificate, export with { Certificate = other.Export().Certificate });
    }

    /// <summary>Whoever has a key can have a root in the ledger.</summary>
    [Fact]
    public void Verify_TheLogOfWhoIsNoValidator_Fails()
    {
        var network = new TestNetwork();
        var other = new SampleAudit(3, network, network.Recorder.PublicKey);
        var report = AuditVerifier.Verify(other.Export(0, 1, 2).Encode(), new TrustedValidators(network.Validators));
        Assert.Equal((Verdict.Failed, CheckOutcome.Failed), (report.Verdict, report[CheckNames.Root].Outcome));
    }

    /// <summary>A node that puts one record into the tree and hands out another, behind which the next one was written.</summary>
    [Fact]
    public void Verify_WhereChainAndTreeTellTwoStories_Fails()
    {
        var lie = new SampleAudit(5, lie: 2);
        foreach (var indices in (int[][])[[2], [1, 2, 3], [2, 3], [1, 2], [0, 1, 2, 3, 4]])
            Assert.Equal(CheckOutcome.Failed, Of(indices)[CheckNames.Records].Outcome);
        Assert.Equal(Verdict.Verified, Of(0, 1, 3, 4).Verdict);

        VerificationReport Of(params int[] indices) => AuditVerifier.Verify(lie.Export(indices).Encode(), new TrustedValidators(lie.Network.Validators));
    }

    [Fact]
    public void Verify_ASmallerLogUnderTheSameNumber_IsNotTheLedgers()
    {
        // The administrator who made the log anew without its third record has no receipt for its root.
        var without = new SampleAudit(4);
        Fails(CheckNames.Inclusion, without.Export(0, 1, 2, 3) with { Receipt = _audit.Export().Receipt, Block = _audit.Export().Block, Certificate = _audit.Export().Certificate });
    }

    [Fact]
    public void Parse_WhatIsNoExport_IsRefused()
    {
        Assert.False(AuditVerifier.IsExport("PK"u8));
        Assert.False(AuditVerifier.IsExport(""u8));
        Assert.True(AuditVerifier.IsExport(_audit.Export().Encode()));
        var strange = SampleAudit.Text(_audit.Export(0).Encode());
        var body = strange[..strange.LastIndexOf(",\"sha256\"", StringComparison.Ordinal)] + ",\"note\":\"x\"";
        Assert.Throws<MalformedException>(() => AuditExport.Parse(System.Text.Encoding.UTF8.GetBytes($"{body},\"sha256\":\"{Hash256.Of(System.Text.Encoding.UTF8.GetBytes(body))}\"}}\n")));
    }

    private VerificationReport Verify(AuditExport export) => AuditVerifier.Verify(export.Encode(), new TrustedValidators(_audit.Network.Validators));

    private void Fails(string check, AuditExport export)
    {
        var report = Verify(export);
        Assert.Equal(Verdict.Failed, report.Verdict);
        Assert.Equal(CheckOutcome.Failed, report[check].Outcome);
    }
}
