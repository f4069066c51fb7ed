namespace Lucid.Cli;

/// <summary>
/// An expected failure. Its message is all that the person at the terminal sees: one sentence with what, the value and the cure.
/// </summary>
internal sealed class CliException : Exception
{
    public CliException(string message, int exitCode = Cli.ExitCode.BadInput) : base(message) => ExitCode = exitCode;

    public CliException(string message, Exception cause, int exitCode = Cli.ExitCode.BadInput) : base(message, cause) =>
        ExitCode = exitCode;

    public int ExitCode { get; }
}
