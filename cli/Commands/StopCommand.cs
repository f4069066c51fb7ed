using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid stop: closes a session whose recording side is gone.</summary>
internal sealed class StopCommand : CliCommand
{
    public StopCommand(Surroundings surroundings, NodeOptions node) : base(
        "stop", "Close a session whose recording side is gone. One that still records it is fenced off.",
        "lucid stop ID",
        "lucid stop ID --accept-gaps    although chunks are missing; the manifest will name the gaps")
    {
        var id = Typed.Session();
        var gaps = new Option<bool>("--accept-gaps") { Description = "Close it although chunks are missing" };
        Add(id);
        Add(gaps);
        SetAction(async (parsed, cancellation) =>
        {
            var session = Typed.ParseSession(parsed.GetRequiredValue(id));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var client = connection.Client;
            var view = await client.Sessions.GetAsync(session, cancellation);
            if (!view.IsOpen)
            {
                surroundings.Note($"Session {session:D} is closed already: {view.Status}.");
                return ExitCode.Ok;
            }
            var lease = (await client.Sessions.ResumeAsync(session, cancellation)).Lease
                ?? throw new RefusedException(default, "", "The node gave no lease.");
            await client.Sessions.StopAsync(session, lease, parsed.GetValue(gaps), cancellation);
            surroundings.Note($"Session {session:D} is closed; its evidence, once it is anchored: lucid export {session:D}");
            return ExitCode.Ok;
        });
    }
}
