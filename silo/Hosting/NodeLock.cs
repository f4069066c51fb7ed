using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Held while a node runs on a data directory. The system lets go of it when the process ends, however it ends.</summary>
public sealed class NodeLock : IDisposable
{
    private readonly FileStream _file;

    private NodeLock(FileStream file) => _file = file;

    /// <exception cref="DataFolderInUseException">Another process has it.</exception>
    public static NodeLock Take(DataFolder folder)
    {
        try
        {
            return new NodeLock(new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException busy) when (busy is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new DataFolderInUseException(NodeFile.Find(folder) is { } other
                ? $"{folder.Root} is in use by another Lucid node: process {other.Pid}, at {other.Url}. Use that one, stop it with `kill {other.Pid}`, or give this one another directory with --data DIR."
                : $"{folder.Root} is in use by another Lucid node that is starting or stopping, or being audited. Stop that one, or give this one another directory with --data DIR.");
        }
    }

    /// <summary>For whoever only reads: keeps a node from starting meanwhile.</summary>
    /// <param name="isHeld">A node is running, and goes on.</param>
    /// <returns>Null where a node is running or never ran.</returns>
    public static NodeLock? TryShare(DataFolder folder, out bool isHeld)
    {
        isHeld = false;
        try
        {
            return new NodeLock(new FileStream(folder.Lock, FileMode.Open, FileAccess.Read, FileShare.Read));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            isHeld = true;
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>A second node was started on one data directory.</summary>
public sealed class DataFolderInUseException(string message) : Exception(message);
