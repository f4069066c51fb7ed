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
        var force = Typed.Force();
        Add(output);
        Add(force);
        Add(trust.Folder);
        SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("-o OUT", parsed.GetValue(output) is { } other && other != path ? other : null));
            var trusted = trust.Load(parsed);
            var session = (await EvidenceFile.OpenAsync(path, cancellation)).Session;
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var proof = await FetchAsync(connection, session, cancellation);
            var destination = parsed.GetValue(output) ?? path;
            var (written, report) = await RenewAsync(path, proof, destination, trusted, cancellation);
            if (written)
            {
                surroundings.Note($"{destination}: the receipt is now of block {report.Block?.Height}.");
                return ExitCode.Ok;
            }
            ReportTable.Write(surroundings.OutConsole, report);
            surroundings.Note(report.Verdict == Verdict.NotTrusted
                ? $"Nothing was written: the proof in '{path}' is trusted here, and the node's is not. If these validators are known to you " +
                  "from somewhere else than this node, trust them with lucid trust add --replace, and refresh again."
                : "Nothing was written.");
            return ReportTable.ExitCodeOf(report, acceptUnknown: false);
        });
    }

    /// <summary>A few KiB, since it comes without chunks.</summary>
    private static async Task<RenewedProof> FetchAsync(NodeConnection connection, Guid session, CancellationToken cancellation)
    {
        using var proof = new MemoryStream();
        await using (var answer = await connection.Client.Recordings.OpenEvidenceAsync(session, renew: true, cancellation: cancellation))
            await answer.CopyToAsync(proof, cancellation);
        proof.Position = 0;
        var parts = await (await EvidenceFileIndex.OpenAsync(proof, cancellation)).ReadPartsAsync(cancellation);
        return new RenewedProof(parts.Receipt, parts.Block, parts.Certificate, parts.Validators);
    }

    private static async Task<Renewal> RenewAsync(
        string path, RenewedProof proof, string output, TrustedValidators trusted, CancellationToken cancellation)
    {
        await using var source = EvidenceFile.OpenStream(path);
        try
        {
            return await WholeFile.WriteAsync(output, async (destination, token) =>
            {
                var renewal = await ReceiptRenewal.RenewAsync(source, proof, destination, trusted, token);
                return renewal.Written ? renewal : throw new NothingWrittenException(renewal.Report);
            }, cancellation);
        }
        catch (NothingWrittenException e)
        {
            return new Renewal(Written: false, e.Report);
        }
    }
}
