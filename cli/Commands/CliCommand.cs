using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Lucid.Cli.Commands;

/// <summary>A command with examples, which its help shows.</summary>
internal class CliCommand(string name, string description, params IReadOnlyList<string> examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The usual help, and the command's examples under it.</summary>
internal sealed class HelpWithExamples(HelpAction usual, TextWriter output) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is CliCommand { Examples.Count: > 0 } command)
        {
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
                output.WriteLine("  " + example);
            output.WriteLine();
        }
        return ExitCode.Ok;
    }
}
