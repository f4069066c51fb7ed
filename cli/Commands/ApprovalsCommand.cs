using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid approvals: what a session's trust policy leaves to the policy's owner.</summary>
internal sealed class ApprovalsCommand : CliCommand
{
    private static readonly string[] _rights = ["view", "play", "take_key", "record", "erase", "share"];

    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;

    public ApprovalsCommand(Surroundings surroundings, NodeOptions node) : base(
        "approvals", "List, ask for, give and refuse approvals that a session's trust policy requires.",
        "lucid approvals list ID",
        "lucid approvals ask ID play --reason 'The quarterly audit.'",
        "lucid approvals approve ID 1")
    {
        _surroundings = surroundings;
        _node = node;
        Add(List());
        Add(Ask());
        Add(Decide("approve", "Approve a request, as the policy's owner.", approve: true));
        Add(Decide("refuse", "Refuse a request, as the policy's owner.", approve: false));
    }

    private CliCommand List()
    {
        var session = Typed.Session();
        var json = Typed.Json();
        var list = new CliCommand("list", "List requests that have not expired: all of them for the policy's owner, your own for others.", "lucid approvals list ID") { session, json };
        list.SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            await using var connection = await OpenAsync(parsed, cancellation);
            var approvals = (await connection.Client.Policies.GetApprovalsAsync(id, cancellation)).Approvals;
            if (parsed.GetValue(json))
                _surroundings.WriteJson(approvals);
            else
                Print([.. approvals]);
            return ExitCode.Ok;
        });
        return list;
    }

    private CliCommand Ask()
    {
        var session = Typed.Session();
        var right = new Argument<string>("RIGHT") { Description = $"What for: {string.Join(", ", _rights)}" };
        var reason = new Option<string>("--reason") { Description = "Why, for the policy's owner: 1 to 255 characters", HelpName = "TEXT", Required = true };
        var track = new Option<int?>("--track") { Description = "Where it is about one track alone", HelpName = "N" };
        var ask = new CliCommand("ask", "Ask the policy's owner to approve something.", "lucid approvals ask ID play --reason 'The quarterly audit.'") { session, right, reason, track };
        ask.SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            Typed.Require("RIGHT", parsed.GetRequiredValue(right), _rights);
            await using var connection = await OpenAsync(parsed, cancellation);
            var question = new ApprovalQuestion(parsed.GetRequiredValue(right), parsed.GetRequiredValue(reason), parsed.GetValue(track));
            Told(await connection.Client.Policies.AskAsync(id, question, cancellation: cancellation));
            return ExitCode.Ok;
        });
        return ask;
    }

    private CliCommand Decide(string name, string description, bool approve)
    {
        var session = Typed.Session();
        var number = new Argument<int>("NUMBER") { Description = "The request's, as `lucid approvals list` has it" };
        var decide = new CliCommand(name, description, $"lucid approvals {name} ID 1") { session, number };
        decide.SetAction(async (parsed, cancellation) =>
        {
            var id = Typed.ParseSession(parsed.GetRequiredValue(session));
            await using var connection = await OpenAsync(parsed, cancellation);
            Told(await connection.Client.Policies.DecideAsync(id, parsed.GetValue(number), approve, cancellation));
            return ExitCode.Ok;
        });
        return decide;
    }

    private void Told(ApprovalView approval) =>
        _surroundings.Note($"Request {approval.Number} of {approval.Subject} to {RightOf(approval)}: {approval.Status}, until {Plain.Moment(approval.ExpiresAt)}.");

    private static string RightOf(ApprovalView approval) => approval.Track is { } track ? $"{approval.Right} track {track}" : approval.Right;

    private void Print(List<ApprovalView> approvals)
    {
        if (approvals.Count == 0)
        {
            _surroundings.Note("No requests.");
            return;
        }
        var table = PlainTable.Create("number", "by", "for", "state", "until", "reason");
        foreach (var one in approvals)
            table.AddRow(new Text(one.Number.ToString()), new Text(one.Subject), new Text(RightOf(one)), new Text(one.Status), new Text(Plain.Moment(one.ExpiresAt)), new Text(one.Reason));
        _surroundings.OutConsole.Write(table);
    }

    private Task<NodeConnection> OpenAsync(ParseResult parsed, CancellationToken cancellation) => _node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);
}
