using Lucid.Evidence.Tests.Audit;

namespace Lucid.Cli.Tests.Commands;

/// <summary>lucid verify of audit exports that were made as a node makes them. No node runs.</summary>
public sealed class AuditExportTests
{
    private readonly SampleAudit _audit = new(4);

    [Fact]
    public async Task Verify_AnExport_IsRecognisedByItsFirstBytes_AndVerified()
    {
        using var cli = new CliRun();
        var (file, validators) = Files(cli, _audit.Export(0, 1, 2, 3).Encode());
        Assert.Equal(0, await cli.RunAsync("verify", file, "--validators", validators));
        var told = cli.Out.ToString();
        foreach (var part in new[] { "VERIFIED", "4 records from 0 to 3, without a hole", "none is missing", _audit.Root.Recorder.ToString() })
            Assert.Contains(part, told, StringComparison.Ordinal);
        cli.Input = new MemoryStream(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(0, await cli.RunAsync("verify", "-", "--validators", validators, "--json"));
        Assert.Contains("\"is_contiguous\": true", cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AnExport_HasTheExitCodesOfEvidence()
    {
        using var cli = new CliRun();
        var whole = _audit.Export(0, 2).Encode();
        var (file, validators) = Files(cli, whole);
        Assert.Equal(1, await cli.RunAsync("verify", file));
        Assert.Contains("CONSISTENT, NOT TRUSTED", cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await cli.RunAsync("verify", file, "--accept-unknown"));
        var forged = _audit.Export(0, 2) with { Receipt = new SampleAudit(3).Export().Receipt };
        Assert.Equal(1, await cli.RunAsync("verify", cli.File("forged.json", forged.Encode()), "--validators", validators));
        Assert.Equal(2, await cli.RunAsync("verify", cli.File("cut.json", whole[..^9]), "--validators", validators));
    }

    private (string File, string Validators) Files(CliRun cli, byte[] export) =>
        (cli.File("audit.json", export), cli.File("net.validators", _audit.Network.Validators.Encode()));
}
