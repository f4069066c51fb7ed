using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid shares: who beside its owner may view and play a session.</summary>
internal sealed class SharesCommand : CliCommand
{
    public SharesCommand(Surroundings surroundings, NodeOptions node) : base(
        "shares", "List who beside its owner may view and play a session, and until when.",
        "lucid shares 0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f",
        "lucid shares ID --json | jq -r '.[].auditor'")
    {
        var session = Typed.Session();
        var json = Typed.Json();
        Add(session);
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            Print(surroundings, await connection.Client.Sessions.GetSharesAsync(id, cancellation), parsed.GetValue(json));
            return ExitCode.Ok;
        });
    }

    public static void Print(Surroundings surroundings, ShareList list, bool json)
    {
        if (json)
        {
            surroundings.WriteJson(list.Shares);
            return;
        }
        if (list.Shares.IsEmpty)
        {
            surroundings.Note("Shared with nobody.");
            return;
        }
        var table = PlainTable.Create("user", "until");
        foreach (var share in list.Shares)
            table.AddRow(new Text(share.Auditor), new Text(Plain.Moment(share.ExpiresAt)));
        surroundings.OutConsole.Write(table);
    }
}
