using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Supervision;

/// <summary>
/// Where a cluster on one machine keeps what. The folder is also its gateway's data directory, so that `lucid` finds the gateway there as it
/// finds a node; each silo has a data directory within.
/// </summary>
internal sealed record ClusterFolder(string Root)
{
    /// <summary>The ports of its silos. A folder that has it is a cluster's.</summary>
    public string File => Path.Combine(Root, "cluster.json");

    /// <summary>Held by the supervisor, so that a second one is refused.</summary>
    public string Lock => Path.Combine(Root, "cluster.lock");

    /// <summary>Held open by all that the supervisor has started. See <see cref="Leftovers"/>.</summary>
    public string Running => Path.Combine(Root, "cluster.running");

    /// <summary>The connection string of its database, while that runs.</summary>
    public string Database => Path.Combine(Root, "database");

    /// <summary>Options of the cluster, as a node's stand in its own directory.</summary>
    public string Options => Path.Combine(Root, "lucid.json");

    /// <summary>PostgreSQL's data directory.</summary>
    public string Postgres => Path.Combine(Root, "postgres");

    public string PostgresLog => Path.Combine(Root, "postgres.log");

    public string Silo(string name) => Path.Combine(Root, name);

    public static string LogOf(string data) => Path.Combine(data, "node.log");

    /// <summary>Makes the folder where it is not there, readable by its owner only, and keeps others from it.</summary>
    /// <returns>Holds the folder until it is disposed, or the process ends, however it ends.</returns>
    /// <exception cref="InvalidDataException">It is a single node's, or cannot be written to.</exception>
    /// <exception cref="DataFolderInUseException">Another supervisor has it.</exception>
    public IDisposable Take()
    {
        if (System.IO.File.Exists(new DataFolder(Root).GrainStore))
            throw new InvalidDataException(
                $"{Root} is the data directory of a single node, whose recordings a cluster would not see. Give the cluster another one with --data {Root}-cluster, say, or go on without --cluster. Nothing was changed.");
        try
        {
            DurableFile.CreateDirectory(Root);
            if (!OperatingSystem.IsWindows())
                System.IO.File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{Root} cannot be written to ({refused.Message.TrimEnd('.')}). Mend that, or give another directory with --data DIR. Nothing was changed.", refused);
        }
        try
        {
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException busy) when (busy is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new DataFolderInUseException($"{Root} is in use by another `lucid up --cluster`. Use that one, stop it with Ctrl-C, or give this one another directory with --data DIR.");
        }
    }

    /// <summary>What a single node asks before it takes a directory.</summary>
    /// <exception cref="InvalidDataException">It is a cluster's.</exception>
    public static void RequireNone(string data)
    {
        if (System.IO.File.Exists(new ClusterFolder(data).File))
            throw new InvalidDataException(
                $"{data} belongs to a cluster on this machine, whose recordings a single node would not see. Start the cluster with `lucid up --cluster N --data {data}`, or give the node another directory with --data DIR. Nothing was changed.");
    }
}
