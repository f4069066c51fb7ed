using System.Text.Json;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli;

/// <summary>
/// The process as a command sees it: its streams, environment and clock. Tests give their own, so that commands can be run in process.
/// Results go to <see cref="Out"/>; progress and errors to <see cref="Error"/>, so that a pipe carries nothing but results.
/// </summary>
internal sealed class Surroundings
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    public required Func<Stream> OpenInput { get; init; }
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>Whether a person reads <see cref="Out"/>.</summary>
    public required bool OutIsTerminal { get; init; }

    /// <summary>Whether a person reads <see cref="Error"/>.</summary>
    public required bool ErrorIsTerminal { get; init; }

    public required Func<string, string?> Environment { get; init; }
    public required TimeProvider Clock { get; init; }

    /// <summary>Where Lucid keeps its things by default: LUCID_HOME, else ~/.lucid.</summary>
    public string Home => Environment("LUCID_HOME") is { Length: > 0 } home
        ? home
        : Path.Combine(Environment("HOME") is { Length: > 0 } user ? user : Directory.GetCurrentDirectory(), ".lucid");

    /// <summary>Tables and colours for results.</summary>
    public IAnsiConsole OutConsole => field ??= Console(Out, OutIsTerminal);

    /// <summary>Progress, notes and errors.</summary>
    public IAnsiConsole ErrorConsole => field ??= Console(Error, ErrorIsTerminal);

    public static Surroundings OfProcess() => new()
    {
        Out = System.Console.Out,
        Error = System.Console.Error,
        OpenInput = System.Console.OpenStandardInput,
        OpenOutput = System.Console.OpenStandardOutput,
        OutIsTerminal = !System.Console.IsOutputRedirected,
        ErrorIsTerminal = !System.Console.IsErrorRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
        Clock = TimeProvider.System,
    };

    /// <summary>A result for a script: what --json asks for.</summary>
    public void WriteJson<T>(T value) => Out.WriteLine(JsonSerializer.Serialize(value, JsonOutput.Options));

    /// <summary>One line for the person, beside the results.</summary>
    public void Note(string text) => ErrorConsole.WriteLine(text);

    private IAnsiConsole Console(TextWriter writer, bool terminal)
    {
        // https://no-color.org: any value that is not empty.
        var colour = terminal && string.IsNullOrEmpty(Environment("NO_COLOR")) && Environment("TERM") != "dumb";
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal && Environment("TERM") != "dumb" ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(terminal ? writer : new TrimmingWriter(writer)),
        });
        // Where nobody's window limits it, text is never broken: scripts read whole lines.
        if (!terminal)
            console.Profile.Width = 10_000;
        return console;
    }
}
