using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid share: lets somebody view and play a session for a while.</summary>
internal sealed class ShareCommand : CliCommand
{
    public ShareCommand(Surroundings surroundings, NodeOptions node) : base(
        "share", "Let a user, such as an auditor, view and play one of your sessions until a time. They never get its key.",
        "lucid share ID TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB --until 7d",
        "lucid share ID TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB --until 2030-01-31T18:00Z    again, to change the time")
    {
        var session = Typed.Session();
        var user = new Argument<string>("ADDRESS") { Description = "The user's wallet" };
        var until = new Option<string>("--until")
        {
            Description = "A day or a time (UTC, unless it says otherwise), or from now on so many minutes, hours or days: 30m, 12h, 7d",
            HelpName = "TIME",
            Required = true,
        };
        var json = Typed.Json();
        Add(session);
        Add(user);
        Add(until);
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            var end = Typed.ParseMoment("--until", parsed.GetRequiredValue(until), surroundings.Clock);
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            SharesCommand.Print(surroundings, await connection.Client.Sessions.ShareAsync(id, new ShareView(parsed.GetRequiredValue(user), end), cancellation: cancellation), parsed.GetValue(json));
            return ExitCode.Ok;
        });
    }
}
