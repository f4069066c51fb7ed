using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid config: the options of a node. The silo program knows them.</summary>
internal sealed class ConfigCommand : CliCommand
{
    public ConfigCommand(Surroundings surroundings) : base("config", "Check the options of a node.") => Add(Check(surroundings));

    private static CliCommand Check(Surroundings surroundings)
    {
        var check = new CliCommand(
            "check", "Name every mistake in a file of options. Starts nothing and changes nothing.",
            "lucid config check ~/.lucid/lucid.json  exit code 0: no mistakes, 1: mistakes, one a line, 2: the file cannot be read");
        var file = new Argument<string>("FILE") { Description = "A file of options, such as DIR/lucid.json" };
        check.Add(file);
        check.SetAction((parsed, cancellation) => SiloRun.RunAsync(surroundings, ["config", "check", parsed.GetValue(file)!], cancellation));
        return check;
    }
}
