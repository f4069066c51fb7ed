using Lucid.Silo.Configuration;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Doctor;

/// <summary>The silo's verb `doctor`: names every unsafe setting of a node, which may be running.</summary>
internal static class DoctorCommand
{
    public const string Usage = """
        Usage: lucid doctor [--data DIR]

        Names everything that makes a node less safe than it could be, each with its cure: options, permissions of files, certificates, the recovery
        key, what crashes left behind. Changes nothing; a node may be running.

          --data DIR  the node's data directory (default: $LUCID_HOME, else ~/.lucid)

        Exit code: 0 nothing was found, 1 something was, one a line, 2 an option of this command is none.
        """;

    /// <param name="environment">Of this process, where null.</param>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error, TimeProvider clock, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (args is ["--help" or "-h" or "help"])
        {
            output.WriteLine(Usage);
            return 0;
        }
        if (args is not ([] or ["--data", { Length: > 0 }]))
        {
            error.WriteLine(Usage);
            return 2;
        }
        var (options, mistakes) = NodeArguments.Read(args, environment);
        // With mistakes a node does not start, and what else is wrong with it nobody can say.
        List<string> found = options is null
            ? [.. mistakes.Select(mistake => ConfigCommand.Sentence(mistake))]
            :
            [
                .. OptionExamination.Find(options)
                    .Concat(CertificateExamination.Find(options, clock))
                    .Concat(SecretFileExamination.Find(options))
                    .Concat(FolderExamination.Find(new DataFolder(options.Data), options, clock.GetUtcNow()))
                    .Select(setting => setting.ToString()),
            ];
        foreach (var line in found)
            output.WriteLine(line);
        if (found.Count == 0)
            output.WriteLine($"{options!.Data}: nothing unsafe was found.");
        return found.Count == 0 ? 0 : 1;
    }
}
