namespace Lucid.Cli.Asciicast;

/// <summary>The first line of an asciicast: https://docs.asciinema.org/manual/asciicast/v2/.</summary>
/// <param name="Started">When the recording began.</param>
/// <param name="Command">What was run, as typed.</param>
/// <param name="Title">What people call the recording.</param>
internal sealed record AsciicastHeader(int Columns, int Rows, DateTimeOffset? Started, string? Command, string? Title);

/// <summary>The kinds of event that a version 2 file may hold.</summary>
internal static class EventCode
{
    /// <summary>Text that the terminal showed.</summary>
    public const string Output = "o";

    /// <summary>Text that was typed. Never recorded by us, since it holds what the screen hides: passwords.</summary>
    public const string Input = "i";

    /// <summary>A new size, as columns, "x", rows.</summary>
    public const string Resize = "r";
}

/// <param name="Time">Since the recording began.</param>
/// <param name="Code">One of <see cref="EventCode"/>, or a kind that is not ours to know.</param>
internal readonly record struct AsciicastEvent(TimeSpan Time, string Code, string Data);
