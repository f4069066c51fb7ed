using System.Collections.Immutable;
using System.Text;

namespace Lucid.Evidence.Audit;

/// <summary>
/// One security-relevant event, before it has its place in the log. No field ever holds a secret, a token or the content of a message.
/// </summary>
public sealed record AuditEvent
{
    /// <summary>Bytes of <see cref="Actor"/> and of <see cref="Resource"/> at most.</summary>
    public const int MaxName = 256;

    /// <summary>Characters of a user agent at most.</summary>
    public const int MaxUserAgent = 256;

    /// <summary>Bytes of the details at most, as they are written.</summary>
    public const int MaxDetails = 1024;

    internal const int MaxWord = 64;

    /// <summary>Unix time in milliseconds, by the clock of whoever saw it.</summary>
    public required long TimeMs { get; init; }

    public required AuditKind Kind { get; init; }

    /// <summary>What was done, such as user_suspend: 1 to 64 lower-case letters, digits and underscores.</summary>
    public required string Action { get; init; }

    public AuditSeverity Severity { get; init; }

    /// <summary>The user's id; empty where nobody had shown who they are.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The actor's role then; empty where there is no actor.</summary>
    public string Role { get; init; } = "";

    /// <summary>What it was done to, such as session/0190…; may be empty.</summary>
    public string Resource { get; init; } = "";

    public required AuditOutcome Outcome { get; init; }

    /// <summary>Where the request came from; may be empty.</summary>
    public string Address { get; init; } = "";

    /// <summary>The id that the answer carried; empty where it is not about one request.</summary>
    public string RequestId { get; init; } = "";

    public string UserAgent { get; init; } = "";

    /// <summary>What else there is to say, by name.</summary>
    public ImmutableDictionary<string, string> Details { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>A text as a record may hold it: what a line cannot hold becomes a question mark, and what is too long is cut.</summary>
    /// <param name="maxBytes">Of UTF-8.</param>
    public static string Clean(string? text, int maxBytes)
    {
        var clean = new StringBuilder();
        var bytes = 0;
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            // A half of a surrogate pair comes out of the enumeration as U+FFFD already.
            var kept = Rune.IsControl(rune) ? new Rune('?') : rune;
            if ((bytes += kept.Utf8SequenceLength) > maxBytes)
                break;
            clean.Append(kept);
        }
        return clean.ToString();
    }
}
