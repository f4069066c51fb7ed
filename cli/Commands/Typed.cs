using System.CommandLine;
using System.Globalization;

namespace Lucid.Cli.Commands;

/// <summary>Arguments that several commands share, and how their text is read.</summary>
internal static class Typed
{
    public static Argument<string> Session() => new("ID") { Description = "The session's id, as `lucid sessions` lists it" };

    public static Argument<string> EvidenceFile() => new("FILE.lucid") { Description = "An evidence file" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON, for scripts" };

    public static Option<bool> Force() => new("--force") { Description = "Overwrite a file that exists" };

    /// <exception cref="CliException">No session id.</exception>
    public static Guid ParseSession(string text) => Guid.TryParseExact(text, "D", out var id)
        ? id
        : throw new CliException($"'{text}' is no session id; `lucid sessions` lists them.");

    /// <summary>Seconds, or minutes:seconds, or hours:minutes:seconds.</summary>
    /// <exception cref="CliException">None of them.</exception>
    public static TimeSpan ParseTime(string option, string text)
    {
        var parts = text.Split(':');
        var seconds = 0.0;
        foreach (var part in parts)
        {
            if (parts.Length > 3 || !double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > 1e7)
                throw new CliException($"{option} '{text}' is no time; write seconds, or minutes:seconds, such as 1:30.");
            seconds = (seconds * 60) + value;
        }
        return TimeSpan.FromSeconds(seconds);
    }
}
