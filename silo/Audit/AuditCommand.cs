using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Audit;

/// <summary>The silo's verb `audit`: reads the command line, runs the audit and prints what it found.</summary>
internal static class AuditCommand
{
    private const int Clean = 0;
    private const int Damaged = 1;
    private const int BadInput = 2;

    public const string Usage = """
        Usage: lucid audit [--data DIR] [--json]

        Reads every byte that a node stored, hashes it again and names what is wrong. Changes nothing.

          --data DIR  the node's data directory (default: $LUCID_HOME, else ~/.lucid)
          --json      print the findings as JSON

        Exit code: 0 nothing is wrong, 1 damage was found, 2 the directory or an option cannot be used.
        """;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="isWatched">Whether a person reads the errors, so that progress is shown there.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, bool isWatched)
    {
        var (data, json) = (NodeOptions.DefaultData, false);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h" or "help":
                    output.WriteLine(Usage);
                    return Clean;
                case "--json":
                    json = true;
                    break;
                case "--progress":
                    isWatched = true;
                    break;
                case "--data" when i + 1 < args.Count:
                    data = args[++i];
                    break;
                default:
                    error.WriteLine($"lucid audit: '{args[i]}' is not an option, or needs a value; --data DIR and --json are.");
                    return BadInput;
            }
        }
        data = Path.GetFullPath(data);
        if (AuditLayout.FindFault(data) is { } fault)
        {
            error.WriteLine($"lucid audit: {fault}.");
            return BadInput;
        }
        var began = Stopwatch.GetTimestamp();
        AuditReport report;
        await using (var progress = new AuditProgress(isWatched ? error : TextWriter.Null))
            report = await DataAudit.RunAsync(data, progress.Watch, CancellationToken.None);
        if (json)
            output.WriteLine(JsonSerializer.Serialize(report, _json));
        else
            Print(report, Stopwatch.GetElapsedTime(began), output);
        return report.IsClean ? Clean : Damaged;
    }

    private static void Print(AuditReport report, TimeSpan time, TextWriter output)
    {
        foreach (var finding in report.Findings)
            output.WriteLine($"{finding.Severity.ToString().ToLowerInvariant()}: {finding.File}: {finding.Problem}. {finding.Meaning}.");
        if (report.NotKept > 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {report.NotKept:#,0} more findings"));
        var verdict = report.IsClean ? "no damage" : string.Create(CultureInfo.InvariantCulture, $"{report.DamagedFiles:#,0} damaged");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"audited {report.Files:#,0} {(report.Files == 1 ? "file" : "files")}, {AuditProgress.Size(report.Bytes)} in {time.TotalSeconds:0.0} s: {verdict}"));
    }
}
