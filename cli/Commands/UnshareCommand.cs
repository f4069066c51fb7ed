using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid unshare: takes back what lucid share gave.</summary>
internal sealed class UnshareCommand : CliCommand
{
    public UnshareCommand(Surroundings surroundings, NodeOptions node) : base(
        "unshare", "Take back what lucid share gave. What was seen before stays seen.",
        "lucid unshare ID TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")
    {
        var session = Typed.Session();
        var user = new Argument<string>("ADDRESS") { Description = "The user, as `lucid shares` lists them" };
        var json = Typed.Json();
        Add(session);
        Add(user);
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            SharesCommand.Print(surroundings, await connection.Client.Sessions.UnshareAsync(id, parsed.GetRequiredValue(user), cancellation), parsed.GetValue(json));
            return ExitCode.Ok;
        });
    }
}
