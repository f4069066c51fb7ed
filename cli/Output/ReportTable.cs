using Lucid.Evidence.Verification;
using Spectre.Console;

namespace Lucid.Cli.Output;

/// <summary>A verification as people read it: every check with what it proved, and the verdict.</summary>
internal static class ReportTable
{
    private const int GapsShown = 10;

    public static int ExitCodeOf(VerificationReport report, bool acceptUnknown) => report.Verdict switch
    {
        Verdict.Verified => ExitCode.Ok,
        Verdict.NotTrusted => acceptUnknown ? ExitCode.Ok : ExitCode.CheckFailed,
        Verdict.Unreadable => ExitCode.BadInput,
        _ => ExitCode.CheckFailed,
    };

    public static void Write(IAnsiConsole console, VerificationReport report)
    {
        if (report.Manifest is { } manifest)
        {
            console.Write(PlainTable.Facts(
                ("session", manifest.Session.ToString("D")),
                ("network", manifest.Network.ToString()),
                ("holds", $"{report.Content?.ToString().ToLowerInvariant()}: {Plain.Count((long)manifest.ChunkCount, "chunk")}, {Plain.Bytes(manifest.PlainBytes)} recorded"),
                ("tracks", string.Join("; ", manifest.Tracks.Select(track => $"{track.MediaType} {track.Name}".TrimEnd())))));
            console.WriteLine();
        }
        if (report.Audit is { } audit)
        {
            console.Write(PlainTable.Facts(
                ("audit log of", audit.Recorder), ("network", audit.Network.ToString()),
                ("holds", audit.First is null ? "no record" : $"{Plain.Count(audit.Count, "record")} from {audit.First} to {audit.Last}, {(audit.IsContiguous ? "without a hole" : "a selection")}")));
            console.WriteLine();
        }
        var table = new Table().NoBorder().HideHeaders();
        table.AddColumn(new TableColumn("").NoWrap());
        table.AddColumn(new TableColumn("").NoWrap().PadRight(2));
        table.AddColumn(new TableColumn(""));
        foreach (var check in report.Checks)
        {
            var (mark, colour) = Mark(check.Outcome, console.Profile.Capabilities.Unicode);
            table.AddRow(new Markup($"[{colour}]{mark}[/]"), new Text(check.Name), new Text(check.Finding));
        }
        console.Write(table);
        foreach (var gap in report.Gaps.Take(GapsShown))
        {
            console.WriteLine(
                $"  gap in track {gap.Track}: {Plain.Time(TimeSpan.FromMilliseconds(gap.EndMs - gap.StartMs))} from {Plain.Time(TimeSpan.FromMilliseconds(gap.StartMs))}, {gap.Cause}");
        }
        if (report.Gaps.Length > GapsShown)
            console.WriteLine($"  and {report.Gaps.Length - GapsShown} more gaps; --json has all");
        console.WriteLine();
        console.MarkupLine($"[bold {(report.Verdict == Verdict.Verified ? "green" : report.Verdict == Verdict.NotTrusted ? "yellow" : "red")}]{Markup.Escape(report.Summary)}[/]");
    }

    private static (string Mark, string Colour) Mark(CheckOutcome outcome, bool unicode) => outcome switch
    {
        CheckOutcome.Passed => (unicode ? "✓" : "ok", "green"),
        CheckOutcome.Failed => (unicode ? "✗" : "FAILED", "red"),
        CheckOutcome.NotTrusted => (unicode ? "?" : "unknown", "yellow"),
        CheckOutcome.Skipped => (unicode ? "·" : "-", "grey"),
        _ => (" ", "grey"),
    };
}
