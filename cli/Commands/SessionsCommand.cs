using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid sessions: what the node has recorded, newest first.</summary>
internal sealed class SessionsCommand : CliCommand
{
    private const int PageSize = 100;

    public SessionsCommand(Surroundings surroundings, NodeOptions node) : base(
        "sessions", "List your sessions, for administrators those of everybody, or those that others share with you; newest first.",
        "lucid sessions",
        "lucid sessions --status recording",
        "lucid sessions --shared",
        "lucid sessions --json | jq -r '.[].session_id'")
    {
        var status = new Option<string?>("--status") { Description = $"Only sessions in this state: {string.Join(", ", SessionStatus.All)}" };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 100,000", DefaultValueFactory = _ => PageSize };
        var shared = new Option<bool>("--shared") { Description = "Only sessions that others share with you" };
        var json = Typed.Json();
        Add(status);
        Add(shared);
        Add(limit);
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            var most = parsed.GetValue(limit);
            if (most is < 1 or > 100_000)
                throw new CliException($"--limit {most} is out of range; 1 to 100,000 sessions can be listed.");
            if (parsed.GetValue(status) is { } state && !SessionStatus.All.Contains(state, StringComparer.Ordinal))
                throw new CliException($"--status '{state}' is no state of a session; it is one of {string.Join(", ", SessionStatus.All)}.");
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var filter = new SessionFilter { Status = parsed.GetValue(status), Shared = parsed.GetValue(shared) };
            var sessions = await connection.Client.Sessions.ListAsync(filter, Math.Min(most, PageSize), cancellation).Take(most).ToListAsync(cancellation);
            if (parsed.GetValue(json))
                surroundings.WriteJson(sessions);
            else
                Print(surroundings, sessions, filter.Shared);
            return ExitCode.Ok;
        });
    }

    private static void Print(Surroundings surroundings, List<SessionView> sessions, bool withOwner)
    {
        if (sessions.Count == 0)
        {
            surroundings.Note("No sessions.");
            return;
        }
        var table = PlainTable.Create(["session", .. withOwner ? ["owner"] : (string[])[], "name", "state", "started", "length", "bytes", "chunks", "gaps", "block"]);
        foreach (var session in sessions)
        {
            table.AddRow(
                [new Text(session.SessionId.ToString("D")),
                .. withOwner ? [new Text(session.Owner)] : (Text[])[],
                new Text(session.Name),
                new Text(session.Outcome == "interrupted" ? $"{session.Status}, interrupted" : session.Status),
                new Text(Plain.Moment(session.StartedAt ?? session.CreatedAt)),
                new Text(Plain.Time(TimeSpan.FromMilliseconds(session.DurationMs))).RightJustified(),
                new Text(Plain.Bytes(session.SizeBytes)).RightJustified(),
                new Text($"{session.ChunkCount}").RightJustified(),
                new Text($"{session.GapCount}").RightJustified(),
                new Text(session.Anchor is { } anchor ? $"{anchor.BlockHeight}" : "").RightJustified()]);
        }
        surroundings.OutConsole.Write(table);
    }
}
