using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid erase: destroys a session's key and then its ciphertext.</summary>
internal sealed class EraseCommand : CliCommand
{
    public EraseCommand(Surroundings surroundings, NodeOptions node) : base(
        "erase", "Destroy a session's key and ciphertext, for ever. Manifest and anchor stay, and the erasure is anchored too.",
        "lucid erase ID --yes")
    {
        var id = Typed.Session();
        var yes = new Option<bool>("--yes") { Description = "Really: nothing brings the recording back, on this node or from its recovery key" };
        Add(id);
        Add(yes);
        SetAction(async (parsed, cancellation) =>
        {
            var session = Typed.ParseSession(parsed.GetRequiredValue(id));
            if (!parsed.GetValue(yes))
                throw new CliException($"Erasing session {session:D} cannot be undone; if that is meant, add --yes.");
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var view = await connection.Client.Sessions.EraseAsync(session, cancellation);
            surroundings.Note($"Session {session:D}: {view.Status}.");
            return ExitCode.Ok;
        });
    }
}
