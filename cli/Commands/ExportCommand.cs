using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Recording;

namespace Lucid.Cli.Commands;

/// <summary>lucid export: a session's evidence file, and apart from it the key file that lets someone read.</summary>
internal sealed class ExportCommand : CliCommand
{
    public ExportCommand(Surroundings surroundings, NodeOptions node) : base(
        "export", "Write a session's evidence file, or the key that lets someone read it.",
        "lucid export ID                         evidence and ciphertext in ID.lucid",
        "lucid export ID --proof -o proof.lucid  without the ciphertext: what was recorded, not the recording",
        "lucid export ID --key reader.key        the key file alone: whoever has it can read this session",
        "lucid export ID --skip-damaged          all that is left, where the node has lost or damaged chunks")
    {
        var id = Typed.Session();
        var output = new Option<string?>("--output", "-o") { Description = "Where the evidence file goes. Default: ID.lucid", HelpName = "OUT.lucid" };
        var key = new Option<string?>("--key") { Description = "Write the session's key file (mode 600); the evidence too only if -o names another file for it", HelpName = "FILE" };
        var proof = new Option<bool>("--proof") { Description = "Leave the ciphertext out" };
        var skip = new Option<bool>("--skip-damaged") { Description = "Leave out the ciphertext of chunks that are damaged on the node; what they were is still proved" };
        Add(id);
        Add(output);
        Add(key);
        Add(proof);
        Add(skip);
        var force = Typed.Force();
        Add(force);
        SetAction(async (parsed, cancellation) =>
        {
            var session = Typed.ParseSession(parsed.GetRequiredValue(id));
            OutputPaths.RefuseClashes([], [("-o", parsed.GetValue(output)), ("--key", parsed.GetValue(key))]);
            var evidence = parsed.GetValue(output) ?? (parsed.GetValue(key) is null ? $"{session:D}.lucid" : null);
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("-o OUT", evidence), ("--key FILE", parsed.GetValue(key)));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            if (parsed.GetValue(key) is { } keyPath)
            {
                await WholeFile.WriteAsync(keyPath, await connection.Client.Recordings.GetKeyAsync(session, cancellation), cancellation, secret: true);
                surroundings.Note($"{keyPath}: whoever has this key can read session {session:D}. Hand it over apart from the evidence.");
            }
            if (evidence is not null)
            {
                var (length, skipped) = await EvidenceDownload.WriteAsync(
                    connection, session, full: !parsed.GetValue(proof), evidence, cancellation, parsed.GetValue(skip));
                if (skipped is not null)
                    surroundings.Note($"Left out, because they are damaged on the node: chunks {skipped}. `lucid play` plays the others.");
                surroundings.Note($"{evidence}: {Plain.Bytes(length)}. Check it with: lucid verify {Plain.Word(evidence)}");
            }
            return ExitCode.Ok;
        });
    }
}
