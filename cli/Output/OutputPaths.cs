namespace Lucid.Cli.Output;

/// <summary>Refuses, before anything starts, to write over what is being read, over another output, or over an earlier recording.</summary>
internal static class OutputPaths
{
    // As many as Linux follows in one path.
    private const int MostLinks = 40;

    /// <param name="inputs">What is read: how a sentence calls it, and its path; null where there is none.</param>
    /// <param name="outputs">What is written: its option, and its path; null where there is none.</param>
    /// <exception cref="CliException">Two of them are one file.</exception>
    public static void RefuseClashes(
        IEnumerable<(string What, string? Path)> inputs, IEnumerable<(string Option, string? Path)> outputs)
    {
        var taken = new List<(string What, string Path, string Real)>();
        foreach (var (what, path) in inputs)
        {
            if (path is not null)
                taken.Add((what, path, Resolve(path)));
        }
        foreach (var (option, path) in outputs)
        {
            if (path is null)
                continue;
            // Files are written whole beside their place first, and that name is as good as theirs.
            string[] names = [path, WholeFile.PartOf(path)];
            foreach (var name in names)
            {
                var real = Resolve(name);
                if (taken.Find(other => other.Real == real) is { Path: not null } clash)
                {
                    throw new CliException(
                        $"{option} '{path}' would write over {clash.What} '{clash.Path}'; name another file with {option}.");
                }
            }
            taken.AddRange(names.Select(name => ($"the file of {option}", path, Resolve(name))));
        }
    }

    /// <summary>Whatever is there may be all that is left of something: only --force writes over it.</summary>
    /// <param name="outputs">What is written: its option and what that names, and the path; null where there is none.</param>
    /// <exception cref="CliException">There is such a file already.</exception>
    public static void RefuseExisting(bool force, params IEnumerable<(string Option, string? Path)> outputs)
    {
        foreach (var (option, path) in outputs)
        {
            if (!force && File.Exists(path))
                throw new CliException($"'{path}' exists already; name another file with {option}, or overwrite it with --force.");
        }
    }

    /// <summary>The full path with the links in every part of it followed; what does not exist is taken as it is written.</summary>
    private static string Resolve(string path)
    {
        var whole = Path.Combine(Directory.GetCurrentDirectory(), path);
        var real = Path.GetPathRoot(whole)!;
        var ahead = new Stack<string>(Parts(whole).Reverse());
        for (var links = 0; ahead.TryPop(out var part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is { } target && links++ < MostLinks)
            {
                // A relative target begins where the link lies.
                if (Path.IsPathRooted(target))
                    real = Path.GetPathRoot(target)!;
                foreach (var behind in Parts(target).Reverse())
                    ahead.Push(behind);
            }
            else
            {
                real = next;
            }
        }
        return real;
    }

    private static IEnumerable<string> Parts(string path) => path[(Path.GetPathRoot(path) ?? "").Length..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
        .Where(part => part != ".");
}
