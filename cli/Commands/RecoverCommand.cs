using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid recover: a failed session goes on from where its durable state stands.</summary>
internal sealed class RecoverCommand : CliCommand
{
    public RecoverCommand(Surroundings surroundings, NodeOptions node) : base(
        "recover", "Let a failed session go on from where it stands, once the cause is mended.",
        "lucid recover ID    after lucid show ID told why it failed")
    {
        var id = Typed.Session();
        Add(id);
        SetAction(async (parsed, cancellation) =>
        {
            var session = Typed.ParseSession(parsed.GetRequiredValue(id));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            await connection.Client.Sessions.RecoverAsync(session, cancellation);
            var view = await connection.Client.Sessions.GetAsync(session, cancellation);
            surroundings.Note($"Session {session:D}: {view.Status}{(view.Failure is { } failure ? $", {failure}" : "")}.");
            return view.Status == SessionStatus.Failed ? ExitCode.CheckFailed : ExitCode.Ok;
        });
    }
}
