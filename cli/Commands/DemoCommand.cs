using System.CommandLine;
using Lucid.Cli.Demo;

namespace Lucid.Cli.Commands;

/// <summary>lucid demo: the main job end to end, for someone who has never seen it.</summary>
internal sealed class DemoCommand : CliCommand
{
    public DemoCommand(Surroundings surroundings) : base(
        "demo", "Record, anchor, stop the node, verify offline, tamper, and see it caught. In a temporary folder; nothing is left behind.",
        "lucid demo",
        "lucid demo --keep here    keeps the evidence, the recordings and the node's data in ./here")
    {
        var keep = new Option<string?>("--keep") { Description = "Work in this folder, which must be empty or new, and leave everything there", HelpName = "DIR" };
        Add(keep);
        SetAction((parsed, cancellation) => new Demonstration(surroundings).RunAsync(parsed.GetValue(keep), cancellation));
    }
}
