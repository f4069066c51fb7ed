using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Commands;

/// <summary>lucid keys: the key ring of the node.</summary>
internal sealed class KeysCommand : CliCommand
{
    public KeysCommand(Surroundings surroundings, NodeOptions node) : base("keys", "Back up, restore or rotate the keys of the node.")
    {
        Add(Backup(surroundings, node));
        Add(Restore(surroundings, node));
        Add(Rotate(surroundings, node));
    }

    private static CliCommand Backup(Surroundings surroundings, NodeOptions node)
    {
        var file = new Argument<string?>("FILE") { Description = "Where it goes (mode 600). Default: standard output", Arity = ArgumentArity.ZeroOrOne };
        var force = Typed.Force();
        var recorder = Recorder();
        var backup = new CliCommand(
            "backup", "Write out the recovery key. Keep a copy of DIR/keys/sessions too (DIR: the node's data directory): with both, `lucid keys restore` opens every session key again.",
            "lucid keys backup recovery.key    keep the file apart from the node",
            "lucid keys backup | gpg -e …      or encrypt it on the way") { file, recorder, force };
        backup.SetAction(async (parsed, cancellation) =>
        {
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("FILE", parsed.GetValue(file)));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var key = await connection.Client.Keys.GetRecoveryKeyAsync(parsed.GetValue(recorder), cancellation);
            if (parsed.GetValue(file) is { } path)
            {
                await WholeFile.WriteAsync(path, key, cancellation, secret: true);
                surroundings.Note($"{path} holds the recovery key alone. Keep it apart from this machine, and a copy of DIR/keys/sessions too, anew after new sessions: with both, lucid keys restore opens every session key again.");
            }
            else
            {
                await using var output = surroundings.OpenOutput();
                await output.WriteAsync(key, cancellation);
            }
            return ExitCode.Ok;
        });
        return backup;
    }

    private static CliCommand Restore(Surroundings surroundings, NodeOptions node)
    {
        var restore = new CliCommand(
            "restore", "Make a new key ring with the recovery key, where the old one is lost or damaged. The node must be stopped, and DIR/keys/sessions, or a copy of it, in its place.",
            "lucid keys restore recovery.key",
            "lucid keys restore recovery.key --data /srv/lucid");
        var file = new Argument<string>("FILE") { Description = "What lucid keys backup wrote" };
        restore.Add(file);
        restore.SetAction((parsed, cancellation) => parsed.GetValue(node.Url) is null
            ? SiloRun.RunAsync(surroundings, ["restore-keys", Path.GetFullPath(parsed.GetRequiredValue(file)), "--data", node.Files(parsed).Directory], cancellation)
            : throw new CliException("lucid keys restore changes the files of a node on this machine, so --url has no meaning; name its directory with --data DIR."));
        return restore;
    }

    private static CliCommand Rotate(Surroundings surroundings, NodeOptions node)
    {
        var json = Typed.Json();
        var recorder = Recorder();
        var rotate = new CliCommand(
            "rotate", "Make a new key-encryption key and wrap every session's key with it.",
            "lucid keys rotate",
            "lucid keys rotate --json") { json, recorder };
        rotate.SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var answer = await connection.Client.Keys.RotateAsync(parsed.GetValue(recorder), cancellation);
            surroundings.Note("The key is rotated; every session's key is wrapped under the new one.");
            if (parsed.GetValue(json))
                surroundings.WriteJson(answer);
            return ExitCode.Ok;
        });
        return rotate;
    }

    private static Option<string?> Recorder() => new("--recorder") { Description = "Whose, in a cluster: each recorder has a key ring of its own", HelpName = "NAME" };
}
