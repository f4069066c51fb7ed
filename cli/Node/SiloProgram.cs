namespace Lucid.Cli.Node;

/// <summary>Finds the program that is a node.</summary>
internal static class SiloProgram
{
    private const string Name = "Lucid.Silo";

    /// <summary>The command that starts it, without arguments.</summary>
    /// <param name="environment">LUCID_SILO names it; without, it lies beside us or where the build puts it.</param>
    /// <exception cref="CliException">It is nowhere.</exception>
    public static IReadOnlyList<string> Find(Func<string, string?> environment)
    {
        if (environment("LUCID_SILO") is { Length: > 0 } named)
        {
            return File.Exists(named)
                ? Command(named)
                : throw new CliException($"LUCID_SILO names '{named}', which is not there; build it with: lucid up", ExitCode.NoNode);
        }
        var here = AppContext.BaseDirectory;
        // In the build's output, each project has a folder, and within it one for each configuration.
        var built = Path.Combine(here, "..", "..", Name, Path.GetFileName(Path.TrimEndingDirectorySeparator(here)));
        string[] candidates = [Path.Combine(here, Name + ".dll"), Path.Combine(built, Name + ".dll"), Path.Combine(here, Name)];
        return candidates.FirstOrDefault(File.Exists) is { } found
            ? Command(Path.GetFullPath(found))
            : throw new CliException(
                $"No node runs, and {Name} is not at '{here}' to start one; name it in LUCID_SILO, or start a node with: lucid up",
                ExitCode.NoNode);
    }

    private static string[] Command(string program) =>
        program.EndsWith(".dll", StringComparison.Ordinal) ? [DotnetHost.Path, program] : [program];
}
