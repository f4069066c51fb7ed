namespace Lucid.Silo.Configuration;

/// <summary>The silo's verb `config check`: what a start would say to a file of options, without starting anything.</summary>
internal static class ConfigCommand
{
    public const string Usage = """
        Usage: lucid config check FILE

        Reads a file of options, such as DIR/lucid.json, and names every mistake in it. Starts nothing and changes nothing.

        Exit code: 0 no mistakes, 1 mistakes, one a line, 2 the file cannot be read.
        """;

    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        if (args is ["--help" or "-h" or "help"] or ["check", "--help" or "-h"])
        {
            output.WriteLine(Usage);
            return 0;
        }
        if (args is not ["check", var file])
        {
            error.WriteLine(Usage);
            return 2;
        }
        IReadOnlyList<string> mistakes;
        try
        {
            mistakes = OptionReader.Read(OptionFile.Read(file, name => name)).Mistakes;
        }
        catch (InvalidDataException wrong)
        {
            mistakes = [wrong.Message];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"lucid config check: {file} cannot be read: {refused.Message}");
            return 2;
        }
        foreach (var mistake in mistakes)
            output.WriteLine($"{file}: {Sentence(mistake)}");
        if (mistakes.Count == 0)
            output.WriteLine($"{file}: no mistakes.");
        return mistakes.Count == 0 ? 0 : 1;
    }

    /// <summary>With the full stop that a question does not have.</summary>
    public static string Sentence(string mistake) => mistake.EndsWith('?') ? mistake : mistake + ".";
}
