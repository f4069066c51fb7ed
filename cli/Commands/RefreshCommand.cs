using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Playback;
using Lucid.Evidence.Files;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>lucid refresh: renews the receipt in an evidence file under the ledger's latest checkpoint.</summary>
internal sealed class RefreshCommand : CliCommand
{
    public RefreshCommand(Surroundings surroundings, NodeOptions node, TrustOptions trust) : base(
        "refresh", "Renew the receipt of an evidence file under the latest checkpoint, such as after validators changed.",
        "lucid refresh video.mp4.lucid",
        "lucid refresh video.mp4.lucid -o renewed.lucid    and leave the old one as it is")
    {
        var file = Typed.EvidenceFile();
        var output = new Option<string?>("--output", "-o") { Description = "Where the renewed file goes. Default: in place", HelpName = "OUT.lucid" };
        Add(file);
        Add(output);
        Add(trust.Folder);
        SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var trusted = trust.Load(parsed);
            var session = (await EvidenceFile.OpenAsync(path, cancellation)).Session;
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var proof = await FetchAsync(connection, session, cancellation);
            var report = await RenewAsync(path, proof, parsed.GetValue(output) ?? path, trusted, cancellation);
            if (report.Verdict is Verdict.Failed or Verdict.Unreadable)
            {
                ReportTable.Write(surroundings.OutConsole, report);
                return ReportTable.ExitCodeOf(report, acceptUnknown: false);
            }
            surroundings.Note($"{parsed.GetValue(output) ?? path}: the receipt is now of block {report.Block?.Height}.");
            return ExitCode.Ok;
        });
    }

    /// <summary>A few KiB, since it comes without chunks.</summary>
    private static async Task<RenewedProof> FetchAsync(NodeConnection connection, Guid session, CancellationToken cancellation)
    {
        using var proof = new MemoryStream(await connection.Client.GetRenewedProofAsync(session, cancellation));
        var parts = await (await EvidenceFileIndex.OpenAsync(proof, cancellation)).ReadPartsAsync(cancellation);
        return new RenewedProof(parts.Receipt, parts.Block, parts.Certificate, parts.Validators);
    }

    private static async Task<VerificationReport> RenewAsync(
        string path, RenewedProof proof, string output, TrustedValidators trusted, CancellationToken cancellation)
    {
        await using var source = EvidenceFile.OpenStream(path);
        try
        {
            return await WholeFile.WriteAsync(output, async (destination, token) =>
            {
                var report = await ReceiptRenewal.RenewAsync(source, proof, destination, trusted, token);
                return report.Verdict is Verdict.Failed or Verdict.Unreadable ? throw new NothingWrittenException(report) : report;
            }, cancellation);
        }
        catch (NothingWrittenException e)
        {
            return e.Report;
        }
    }
}
