using System.Text.RegularExpressions;

namespace Lucid.Silo.Tests.Deploy;

/// <summary>
/// deploy/compose.yaml, as far as its text tells: blocks by indentation, with what they merge in written out. No reader of YAML; it
/// understands the few forms that the file has.
/// </summary>
internal sealed partial class ComposeFile
{
    private readonly Dictionary<string, string> _anchors = new(StringComparer.Ordinal);

    public ComposeFile(string text)
    {
        foreach (var block in Blocks(text, indent: 0))
        {
            if (Anchor().Match(block) is { Success: true } anchor)
                _anchors.Add(anchor.Groups["name"].Value, block);
            else if (block.StartsWith("services:", StringComparison.Ordinal))
                Services = Blocks(block, indent: 2).ToDictionary(service => service.Split(':')[0].Trim(), WithMerged, StringComparer.Ordinal);
        }
    }

    /// <summary>The text of each service, and behind it that of everything that it merges in.</summary>
    public IReadOnlyDictionary<string, string> Services { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The options of Lucid in a service's environment.</summary>
    public static IReadOnlyDictionary<string, string> Options(string service) => Variable().Matches(service)
        .DistinctBy(match => match.Groups["name"].Value, StringComparer.Ordinal)
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value.Trim('"'), StringComparer.Ordinal);

    /// <summary>What a service's own text says of a key before what it merges in; null where neither does.</summary>
    public static string? Value(string service, string key) =>
        Regex.Match(service, $@"^ +{key}: *(?<value>.*)$", RegexOptions.Multiline) is { Success: true } match ? match.Groups["value"].Value.Trim('"') : null;

    private string WithMerged(string block) =>
        block + string.Concat(Merge().Matches(block).Select(match => "\n" + WithMerged(_anchors[match.Groups["name"].Value])));

    private static IEnumerable<string> Blocks(string text, int indent)
    {
        var lines = text.Split('\n').Where(line => line.Trim().Length > 0 && !line.TrimStart().StartsWith('#')).ToList();
        var starts = Enumerable.Range(0, lines.Count).Where(i => lines[i].Length > indent && lines[i][indent] != ' ' && lines[i][..indent].Trim().Length == 0).ToList();
        return starts.Zip(starts.Skip(1).Append(lines.Count), (from, to) => string.Join('\n', lines[from..to]));
    }

    [GeneratedRegex(@"^x-[\w-]+: &(?<name>[\w-]+)$", RegexOptions.Multiline)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"<<: \*(?<name>[\w-]+)")]
    private static partial Regex Merge();

    [GeneratedRegex(@"(?<name>LUCID__\w+): (?<value>[^\s,}]+)")]
    private static partial Regex Variable();
}
