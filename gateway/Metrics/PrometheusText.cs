using System.Globalization;
using System.Text;

namespace Lucid.Gateway.Metrics;

/// <summary>The Prometheus text exposition format, version 0.0.4: names, labels, escapes and numbers.</summary>
internal static class PrometheusText
{
    /// <summary>`http.server.request.duration` in `s` becomes `http_server_request_duration_seconds`; counters end in `_total`.</summary>
    public static string Name(string instrument, string? unit, bool counter)
    {
        var name = Clean(instrument);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            "%" => "_percent",
            // Units in braces are annotations ({request}), and 1 means none.
            _ => "",
        };
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
            name += suffix;
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>`a="1",b="2"`, sorted by name; empty without tags.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(
        ',',
        tags.Select(tag => (Name: Clean(tag.Key), Value: EscapeLabel(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "")))
            .DistinctBy(tag => tag.Name, StringComparer.Ordinal).OrderBy(tag => tag.Name, StringComparer.Ordinal).Select(tag => $"{tag.Name}=\"{tag.Value}\""));

    public static void Sample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    public static string EscapeHelp(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeLabel(string text) => EscapeHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Letters, digits and underscores, not beginning with a digit.</summary>
    private static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var character in name)
            clean.Append(char.IsAsciiLetterOrDigit(character) ? character : '_');
        return clean.Length > 0 && !char.IsAsciiDigit(clean[0]) ? clean.ToString() : clean.Insert(0, '_').ToString();
    }
}
