using System.CommandLine;
using Lucid.Cli.Output;
using Lucid.Cli.Playback;
using Lucid.Cli.Policies;
using Lucid.Evidence;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>lucid verify: checks an evidence file, or an audit export, offline, with no key, account or server.</summary>
internal sealed class VerifyCommand : CliCommand
{
    private const long MaxReceiptsBytes = 1L << 30;

    public VerifyCommand(Surroundings surroundings, TrustOptions trust) : base(
        "verify", "Check an evidence file offline: who recorded what, when, and what is missing.",
        "lucid verify video.mp4.lucid                               with the validators trusted on this machine",
        "lucid verify video.mp4.lucid --validators net.validators   with those in a file, and no others",
        "lucid verify video.mp4.lucid --receipts video.receipts     and hold it against the receipts kept while recording",
        "lucid verify video.mp4.lucid --policy desk.policy          and against the trust policy it was recorded under",
        "lucid verify audit.json                                    an export of the audit log: what it holds, and whether any is missing",
        "lucid verify video.mp4.lucid --json | jq -r .verdict")
    {
        var file = new Argument<string>("FILE.lucid|-") { Description = "An evidence file, or an audit export; - for standard input" };
        var validators = new Option<string[]>("--validators") { Description = "Trust the validator set in this file, and no others", HelpName = "FILE" };
        var receipts = new Option<string?>("--receipts") { Description = "Chunk receipts kept while recording: each must be honoured", HelpName = "FILE" };
        var policy = new Option<string?>("--policy") { Description = "The trust policy it was recorded under, from `lucid policies export`: the manifest has to name it", HelpName = "FILE" };
        var accept = new Option<bool>("--accept-unknown") { Description = "Exit with 0 although nobody here knows the validators" };
        var json = Typed.Json();
        Add(file);
        Add(validators);
        Add(receipts);
        Add(policy);
        Add(accept);
        Add(json);
        Add(trust.Folder);
        SetAction(async (parsed, cancellation) =>
        {
            var named = parsed.GetValue(validators) ?? [];
            var trusted = named.Length > 0 ? new TrustedValidators(named.Select(TrustOptions.ReadSet)) : trust.Load(parsed);
            var (path, signed) = (parsed.GetValue(receipts), parsed.GetValue(policy));
            var options = path is null && signed is null ? null : new VerifyOptions
            {
                Receipts = path is null ? [] : ReadReceipts(path),
                Policy = signed is null ? null : new GivenPolicy(PolicyFile.ReadSigned(signed), TronAddress.Wallets),
            };
            var evidence = parsed.GetRequiredValue(file);
            await using var stream = evidence == "-" ? surroundings.OpenInput() : EvidenceFile.OpenStream(evidence);
            var report = await AnyVerification.RunAsync(stream, trusted, options, cancellation);
            if (parsed.GetValue(json))
                surroundings.WriteJson(ReportJson.Of(report));
            else
                ReportTable.Write(surroundings.OutConsole, report);
            return ReportTable.ExitCodeOf(report, parsed.GetValue(accept));
        });
    }

    private static IReadOnlyCollection<SignedNote> ReadReceipts(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxReceiptsBytes)
                throw new CliException($"'{path}' is longer than a file of receipts can be ({Plain.Bytes(MaxReceiptsBytes)}).");
            return [.. ChunkReceipt.ReadAll(File.ReadAllBytes(path))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The receipts file '{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
        catch (MalformedException e)
        {
            throw new CliException($"'{path}' is no file of chunk receipts: {e.Message}.", e);
        }
    }
}
