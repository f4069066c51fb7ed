using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Playback;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>lucid prove: discloses one chunk of a recording, and nothing else of it.</summary>
internal sealed class ProveCommand : CliCommand
{
    public ProveCommand(Surroundings surroundings, NodeOptions node, TrustOptions trust) : base(
        "prove", "Make an evidence file that discloses one chunk and still verifies, and the key of that chunk alone.",
        "lucid prove video.mp4.lucid --chunk 3 -o part.lucid --key part.key",
        "lucid verify part.lucid && lucid play part.lucid --key part.key    what the other side does")
    {
        var file = Typed.EvidenceFile();
        var chunk = new Option<ulong>("--chunk") { Description = "The index of the chunk to disclose", Required = true, HelpName = "N" };
        var output = new Option<string?>("--output", "-o") { Description = "Where the smaller file goes, not over FILE itself. Default: FILE.chunk-N.lucid", HelpName = "OUT.lucid" };
        var key = new Option<string?>("--key") { Description = "Write the chunk's key here (mode 600), so that the other side can read it", HelpName = "FILE" };
        var sessionKey = new Option<string?>("--session-key")
        {
            Description = "The session's key file, from which the chunk's key is derived. Default: the key ring of the node",
            HelpName = "FILE",
        };
        Add(file);
        Add(chunk);
        Add(output);
        Add(key);
        var force = Typed.Force();
        Add(sessionKey);
        Add(force);
        Add(trust.Folder);
        SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var index = parsed.GetRequiredValue(chunk);
            var part = parsed.GetValue(output) ?? $"{(path.EndsWith(".lucid", StringComparison.Ordinal) ? path[..^".lucid".Length] : path)}.chunk-{index}.lucid";
            OutputPaths.RefuseClashes(
                [("the evidence file", path), ("the session's key file", parsed.GetValue(sessionKey))], [("-o", part), ("--key", parsed.GetValue(key))]);
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("-o OUT", part), ("--key FILE", parsed.GetValue(key)));
            var report = await ExtractAsync(path, index, part, trust.Load(parsed), cancellation);
            if (report.Verdict is Verdict.Failed or Verdict.Unreadable)
            {
                ReportTable.Write(surroundings.OutConsole, report);
                return ReportTable.ExitCodeOf(report, acceptUnknown: false);
            }
            surroundings.Note($"{part} discloses chunk {index} and no other. Check it with: lucid verify {Plain.Word(part)}");
            if (parsed.GetValue(key) is not { } keyPath)
                return ExitCode.Ok;
            using var keys = await KeysAsync(parsed.GetValue(sessionKey), report, () => node.OpenAsync(parsed, NodeNeed.Stored, cancellation), cancellation);
            await WholeFile.WriteAsync(keyPath, keys.Disclose(index), cancellation, secret: true);
            surroundings.Note($"{keyPath} opens chunk {index} and no other. Hand it over apart from the evidence.");
            return ExitCode.Ok;
        });
    }

    private static async Task<VerificationReport> ExtractAsync(
        string path, ulong index, string part, TrustedValidators trusted, CancellationToken cancellation)
    {
        await using var source = EvidenceFile.OpenStream(path);
        var written = false;
        try
        {
            return await WholeFile.WriteAsync(part, async (destination, token) =>
            {
                var report = await PartExtractor.ExtractAsync(source, new HashSet<ulong> { index }, destination, trusted, token);
                written = report.Verdict is not (Verdict.Failed or Verdict.Unreadable);
                return written ? report : throw new NothingWrittenException(report);
            }, cancellation);
        }
        catch (NothingWrittenException e)
        {
            return e.Report;
        }
        catch (ChunkNotInFileException e)
        {
            throw new CliException(e.Message, e);
        }
    }

    private static async Task<ChunkKeys> KeysAsync(
        string? sessionKey, VerificationReport report, Func<Task<NodeConnection>> open, CancellationToken cancellation)
    {
        if (sessionKey is not null)
            return ChunkKeys.FromFile(sessionKey, report.Manifest!);
        await using var connection = await open();
        return await ChunkKeys.FromNodeAsync(connection.Client, report.Manifest!, cancellation);
    }
}
