using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Commands;

/// <summary>lucid show: everything the node says of one session.</summary>
internal sealed class ShowCommand : CliCommand
{
    public ShowCommand(Surroundings surroundings, NodeOptions node) : base(
        "show", "Show one session: its state, what it holds, its gaps and its anchor.",
        "lucid show 0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f",
        "lucid show ID --json | jq -r .status")
    {
        var id = Typed.Session();
        var json = Typed.Json();
        Add(id);
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            var session = Typed.ParseSession(parsed.GetRequiredValue(id));
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Stored, cancellation);
            var view = await connection.Client.Sessions.GetAsync(session, cancellation);
            if (parsed.GetValue(json))
            {
                surroundings.WriteJson(view);
                return ExitCode.Ok;
            }
            surroundings.OutConsole.Write(PlainTable.Facts(Facts(view)));
            var gaps = connection.Client.Chunks.ListAsync(session, cancellation: cancellation).Where(leaf => leaf.Kind == "gap");
            await foreach (var gap in gaps.Take((int)view.GapCount).WithCancellation(cancellation))
            {
                surroundings.Out.WriteLine(
                    $"gap: {Plain.Time(TimeSpan.FromMilliseconds(gap.EndMs - gap.StartMs))} from {Plain.Time(TimeSpan.FromMilliseconds(gap.StartMs))}, {gap.Cause}");
            }
            return ExitCode.Ok;
        });
    }

    private static (string, string?)[] Facts(SessionView view) =>
    [
        ("session", view.SessionId.ToString("D")),
        ("name", view.Name),
        ("description", view.Description),
        ("owner", view.Owner),
        ("state", view.Waiting is { Length: > 0 } waiting ? $"{view.Status} ({waiting})" : view.Status),
        ("outcome", view.Outcome),
        ("failure", view.Failure is { } failure ? $"{failure}; continue with: lucid recover {view.SessionId:D}" : null),
        ("recorder", view.Recorder),
        ("started", view.StartedAt is { } started ? Plain.Moment(started) : null),
        ("completed", view.CompletedAt is { } completed ? Plain.Moment(completed) : null),
        ("erased", view.ErasedAt is { } erased ? Plain.Moment(erased) : null),
        ("policy", view.Policy is { } policy ? $"{policy.PolicyId:D}, version {policy.Version}, of {policy.Owner}" : null),
        ("continues", view.Continues?.ToString("D")),
        ("continued by", view.ContinuedBy?.ToString("D")),
        ("tracks", string.Join("; ", view.Tracks.Select(track => $"{track.Track} {track.MediaType} {track.Name}".TrimEnd()))),
        ("length", Plain.Time(TimeSpan.FromMilliseconds(view.DurationMs))),
        ("content", $"{Plain.Count(view.ChunkCount, "chunk")}, {Plain.Count(view.SizeBytes, "byte")}, stored as {Plain.Count(view.StoredBytes, "byte")}"),
        ("gaps", view.GapCount == 0 ? "none" : $"{Plain.Count(view.GapCount, "gap")}, {Plain.Time(TimeSpan.FromMilliseconds(view.GapMs))} in all"),
        ("session root", view.MerkleRoot),
        ("manifest SHA-256", view.ManifestSha256),
        ("anchor", view.Anchor is { } anchor ? $"entry {anchor.LogIndex} of the log, in block {anchor.BlockHeight} of {Plain.Moment(anchor.BlockTime)}" : null),
    ];
}
