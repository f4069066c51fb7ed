using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid events: the audit log, searched and exported.</summary>
internal sealed class EventsCommand : CliCommand
{
    private const int PageSize = 100;

    private static readonly string[] _formats = ["json", "csv", "pdf"];
    private static readonly string[] _outcomes = ["begun", "success", "refused", "failed"];

    public EventsCommand(Surroundings surroundings, NodeOptions node) : base(
        "events", "Search and export the audit log: who signed in, changed, shared or was refused what. For administrators.",
        "lucid events --actor TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB",
        "lucid events --export audit.json && lucid verify audit.json   the proof that none is missing",
        "lucid events --kind user_management --export audit.pdf --format pdf")
    {
        var filters = new[]
        {
            Filter("kind", "Only those of that kind, such as authentication"), Filter("actor", "Only those of that user"),
            Filter("resource", "Only those about it, such as session/ID, or session for all"), Filter("outcome", $"Only those that came to that: {string.Join(", ", _outcomes)}"),
            Filter("from", "Not earlier than this, such as 2026-01-31T12:00:00Z"), Filter("to", "Not later than this"), Filter("q", "Only those with all of these words"),
        };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 10,000", DefaultValueFactory = _ => 100 };
        var export = new Option<string?>("--export") { Description = "Write them to a file instead", HelpName = "FILE" };
        var format = new Option<string>("--format") { Description = $"Of that file: {string.Join(", ", _formats)}", DefaultValueFactory = _ => "json" };
        var json = Typed.Json();
        var force = Typed.Force();
        foreach (var filter in filters)
            Add(filter);
        Add(limit);
        Add(export);
        Add(format);
        Add(json);
        Add(force);
        SetAction(async (parsed, cancellation) =>
        {
            Typed.Require("--format", parsed.GetValue(format), _formats);
            Typed.Require("--outcome", parsed.GetValue(filters[3]), _outcomes);
            if (parsed.GetValue(limit) is < 1 or > 10_000)
                throw new CliException($"--limit {parsed.GetValue(limit)} is out of range; 1 to 10,000 records can be listed.");
            var filter = new AuditFilter
            {
                Kind = parsed.GetValue(filters[0]),
                Actor = parsed.GetValue(filters[1]),
                Resource = parsed.GetValue(filters[2]),
                Outcome = parsed.GetValue(filters[3]),
                From = Typed.ParseInstant("--from", parsed.GetValue(filters[4])),
                To = Typed.ParseInstant("--to", parsed.GetValue(filters[5])),
                Query = parsed.GetValue(filters[6]),
            };
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("--export FILE", parsed.GetValue(export)));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            if (parsed.GetValue(export) is { } path)
            {
                await using var answer = await connection.Client.Audit.OpenExportAsync(parsed.GetValue(format)!, filter, cancellation: cancellation);
                await WholeFile.WriteAsync(path, async (file, token) =>
                {
                    await answer.CopyToAsync(file, token);
                    return file.Position;
                }, cancellation);
                surroundings.Note(parsed.GetValue(format) == "json" ? $"{path}: check it with: lucid verify {Plain.Word(path)}" : $"{path}: for people to read; only json proves itself.");
                return ExitCode.Ok;
            }
            var most = parsed.GetValue(limit);
            var events = await connection.Client.Audit.ListAsync(filter, Math.Min(PageSize, most), cancellation).Take(most).ToListAsync(cancellation);
            if (parsed.GetValue(json))
                surroundings.WriteJson(events);
            else
                Print(surroundings, events);
            return ExitCode.Ok;
        });
    }

    private static Option<string?> Filter(string name, string what) => new($"--{name}") { Description = what };

    private static void Print(Surroundings surroundings, List<AuditEventView> events)
    {
        if (events.Count == 0)
        {
            surroundings.Note("No events.");
            return;
        }
        var table = PlainTable.Create("index", "time", "action", "outcome", "actor", "resource", "from");
        foreach (var one in events)
        {
            table.AddRow(
                new Text(one.Index.ToString(System.Globalization.CultureInfo.InvariantCulture)), new Text(Plain.Moment(one.Time)), new Text(one.Action), new Text(one.Outcome), new Text(one.Actor ?? ""),
                new Text(one.Resource ?? ""), new Text(one.Address ?? ""));
        }
        surroundings.OutConsole.Write(table);
    }
}
