using System.CommandLine;
using System.Globalization;

namespace Lucid.Cli.Commands;

/// <summary>Arguments that several commands share, and how their text is read.</summary>
internal static class Typed
{
    private static readonly string[] _moments = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"];

    public static Argument<string> Session() => new("ID") { Description = "The session's id, as `lucid sessions` lists it" };

    public static Argument<string> EvidenceFile() => new("FILE.lucid") { Description = "An evidence file" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON, for scripts" };

    public static Option<bool> Force() => new("--force") { Description = "Overwrite a file that exists" };

    /// <exception cref="CliException">No session id.</exception>
    public static Guid ParseSession(string text) => ParseId(text, "session", "lucid sessions");

    /// <param name="noun">What the id is of.</param>
    /// <param name="listing">The command that lists them.</param>
    /// <exception cref="CliException">No id.</exception>
    public static Guid ParseId(string text, string noun, string listing) => Guid.TryParseExact(text, "D", out var id)
        ? id
        : throw new CliException($"'{text}' is no {noun} id; `{listing}` lists them.");

    /// <exception cref="CliException">A value that is none of those.</exception>
    public static void Require(string option, string? value, IReadOnlyList<string> values)
    {
        if (value is not null && !values.Contains(value, StringComparer.Ordinal))
            throw new CliException($"{option} '{value}' is none that there is; it is one of {string.Join(", ", values)}.");
    }

    /// <summary>A day or a time, in UTC unless it says otherwise; or so many minutes, hours or days from now, such as 30m, 12h, 7d.</summary>
    /// <exception cref="CliException">None of them, or over.</exception>
    public static DateTimeOffset ParseMoment(string option, string text, TimeProvider clock)
    {
        const int mostMinutes = 1_000_000_000;
        var minutes = text.Length == 0 ? 0 : text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 1440, _ => 0 };
        var now = clock.GetUtcNow();
        DateTimeOffset moment;
        if (minutes > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= mostMinutes / minutes)
            moment = now.AddMinutes((double)count * minutes);
        else if (!DateTimeOffset.TryParseExact(text, _moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment))
            throw new CliException($"{option} '{text}' is no time; write a day or a time such as 2030-01-31 or 2030-01-31T18:00Z, or from now on 30m, 12h, 7d.");
        return moment > now ? moment : throw new CliException($"{option} '{text}' is over; choose a time that is to come.");
    }

    /// <summary>A day or a time, in UTC unless it says otherwise; null where none is given.</summary>
    /// <exception cref="CliException">Neither.</exception>
    public static DateTimeOffset? ParseInstant(string option, string? text)
    {
        if (text is null)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : throw new CliException($"{option} '{text}' is no time; write a day or a time such as 2026-01-31 or 2026-01-31T12:00:00Z.");
    }

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
