using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid doctor: names what makes a node less safe than it could be. The silo program knows.</summary>
internal sealed class DoctorCommand : CliCommand
{
    public DoctorCommand(Surroundings surroundings, NodeOptions node) : base(
        "doctor", "Name every unsafe setting of a node, with its cure. Changes nothing; a node may be running.",
        "lucid doctor                     exit code 0: nothing was found, 1: something was, one a line",
        "lucid doctor --data /srv/lucid") =>
        SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(node.Url) is not null)
                throw new CliException("lucid doctor looks at the files of a node on this machine, so --url has no meaning; name its directory with --data DIR.");
            return SiloRun.RunAsync(surroundings, ["doctor", "--data", node.Files(parsed).Directory], cancellation);
        });
}
