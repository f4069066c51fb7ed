using System.Globalization;

namespace Lucid.Silo.Supervision;

/// <summary>PostgreSQL's server programs on this machine: initdb and postgres.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Version">Their major version, where the folder says it.</param>
internal sealed record PostgresPrograms(string Folder, int? Version)
{
    private const string Debian = "/usr/lib/postgresql";

    public string Initdb => Path.Combine(Folder, "initdb");
    public string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>All that are there, the newest first: where Debian keeps them, which is not in PATH, else those in PATH.</summary>
    public static IReadOnlyList<PostgresPrograms> FindAll()
    {
        var debian = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).Select(folder => new PostgresPrograms(Path.Combine(folder, "bin"), ReadVersion(Path.GetFileName(folder)))).Where(IsWhole).ToList()
            : [];
        return debian.Count > 0
            ? [.. debian.OrderByDescending(programs => programs.Version ?? 0)]
            : [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => new PostgresPrograms(folder, null)).Where(IsWhole)];
    }

    /// <summary>Those for a data directory: of the version that made it, since no other can open it; the newest for a new one.</summary>
    /// <exception cref="PostgresMissingException">There are none. The message says how to get them.</exception>
    public static PostgresPrograms FindFor(string data)
    {
        var all = FindAll();
        var file = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(file))
        {
            return all.Count > 0
                ? all[0]
                : throw new PostgresMissingException("PostgreSQL's server is not installed, and a cluster keeps its state there. On Debian and Ubuntu: sudo apt-get install postgresql");
        }
        var text = File.ReadAllText(file).Trim();
        return all.FirstOrDefault(programs => programs.Version == ReadVersion(text)) ?? all.FirstOrDefault(programs => programs.Version is null)
            ?? throw new PostgresMissingException(
                $"{data} was made by PostgreSQL {text}, which is not installed{(all.Count > 0 ? $"; {all[0].Version} is, and cannot open it" : "")}. Install it (on Debian: sudo apt-get install postgresql-{text}), or convert the directory with pg_upgrade");
    }

    private static bool IsWhole(PostgresPrograms programs) => File.Exists(programs.Initdb) && File.Exists(programs.Postgres);

    private static int? ReadVersion(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
}

/// <summary>There is no PostgreSQL on this machine that could be run; install it. Nothing was changed.</summary>
internal sealed class PostgresMissingException(string message) : Exception(message);
