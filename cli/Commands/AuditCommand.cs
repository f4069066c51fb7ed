using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid audit: reads all that a node stored and names what is damaged. The silo program does it, which knows the formats.</summary>
internal sealed class AuditCommand : CliCommand
{
    public AuditCommand(Surroundings surroundings, NodeOptions node) : base(
        "audit", "Read every byte that a node stored, hash it again and name what is damaged. Changes nothing; a node may be running.",
        "lucid audit                     exit code 0: no damage, 1: damage, named file by file",
        "lucid audit --data /mnt/backup  a copy, such as a backup",
        "lucid audit --json | jq -r '.findings[].file'")
    {
        var json = Typed.Json();
        Add(json);
        SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(node.Url) is not null)
                throw new CliException("lucid audit reads the files of a node on this machine, so --url has no meaning; name its directory with --data DIR.");
            List<string> arguments = ["audit", "--data", node.Files(parsed).Directory];
            if (parsed.GetValue(json))
                arguments.Add("--json");
            if (surroundings.ErrorIsTerminal)
                arguments.Add("--progress");
            return SiloRun.RunAsync(surroundings, arguments, cancellation);
        });
    }
}
