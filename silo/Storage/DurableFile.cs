using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Storage;

/// <summary>
/// Files that are there, whole, once a call returns: content is written under a temporary name, flushed to the disk, renamed, and the
/// directory flushed too. After a crash at any moment a file has its old content or its new one, never a part.
/// </summary>
public static partial class DurableFile
{
    /// <summary>Only the owner may read or write: for keys and tokens.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>How the names of files end that were not finished. A crash leaves them behind; see <see cref="RemoveUnfinished"/>.</summary>
    public const string UnfinishedSuffix = ".unfinished";

    private static long _unfinished;

    /// <summary>Creates or replaces a file.</summary>
    /// <param name="mode">Its permissions where the system has them; null for the default.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode? mode = null) =>
        Finish(WriteUnfinished(path, content, mode), path, replace: true);

    /// <summary>Creates a file once.</summary>
    /// <exception cref="IOException">It exists already, and was left as it is.</exception>
    public static void Create(string path, ReadOnlySpan<byte> content, UnixFileMode? mode = null) =>
        Finish(WriteUnfinished(path, content, mode), path, replace: false);

    /// <summary>
    /// Opens a temporary file beside <paramref name="path"/>, for content that comes in pieces. Write it, and hand the same path and name to
    /// <see cref="Finish(string, string, bool)"/> after <see cref="Sync"/>; or delete it.
    /// </summary>
    /// <returns>The handle, and the temporary file's name.</returns>
    public static (SafeFileHandle Handle, string Unfinished) Begin(string path, UnixFileMode? mode = null)
    {
        var unfinished = $"{path}.{Environment.ProcessId}-{Interlocked.Increment(ref _unfinished)}{UnfinishedSuffix}";
        // A process of the same id may have died with this name in use; what it left is worth nothing.
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (mode is { } given && !OperatingSystem.IsWindows())
            options.UnixCreateMode = given;
        // Only a stream takes a mode, and its finalizer would close a handle taken from it: so it makes the file, and no more.
        new FileStream(unfinished, options).Dispose();
        return (File.OpenHandle(unfinished, FileMode.Open, FileAccess.ReadWrite, FileShare.Read), unfinished);
    }

    /// <summary>Gives a flushed temporary file its name, durably.</summary>
    /// <exception cref="IOException">The name is taken and <paramref name="replace"/> is false.</exception>
    public static void Finish(string unfinished, string path, bool replace)
    {
        try
        {
            File.Move(unfinished, path, replace);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Deletes a file, durably. One that is not there is no error.</summary>
    public static void Delete(string path)
    {
        if (!File.Exists(path))
            return;
        File.Delete(path);
        SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Renames a damaged file, so that a new one can take its place and nothing of it is lost.</summary>
    /// <returns>Its new name, which no file had.</returns>
    public static string PutAside(string path)
    {
        var aside = $"{path}.damaged";
        for (var number = 2; File.Exists(aside); number++)
            aside = $"{path}.damaged-{number}";
        File.Move(path, aside);
        SyncDirectory(DirectoryOf(path));
        return aside;
    }

    /// <summary>Creates a directory and those above it, durably.</summary>
    public static void CreateDirectory(string path)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            return;
        if (Path.GetDirectoryName(full) is { } parent)
        {
            CreateDirectory(parent);
            Directory.CreateDirectory(full);
            SyncDirectory(parent);
        }
    }

    /// <summary>Deletes what crashes left unfinished directly in a directory. Call it at start, while nobody else writes there.</summary>
    public static void RemoveUnfinished(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*" + UnfinishedSuffix))
            File.Delete(file);
    }

    /// <summary>Flushes a file's content to the disk.</summary>
    public static void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>
    /// Flushes a directory, so that the names in it survive a power cut: a file that was flushed but whose name was not is lost.
    /// </summary>
    public static void SyncDirectory(string directory)
    {
        // Windows has no such call and journals its names itself.
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(directory, 0);
        if (descriptor < 0)
            throw new IOException($"The directory {directory} cannot be opened to flush it (error {Marshal.GetLastPInvokeError()}).");
        var result = Fsync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
            throw new IOException($"The directory {directory} cannot be flushed (error {error}).");
    }

    private static string WriteUnfinished(string path, ReadOnlySpan<byte> content, UnixFileMode? mode)
    {
        var (handle, unfinished) = Begin(path, mode);
        try
        {
            using (handle)
            {
                RandomAccess.Write(handle, content, 0);
                Sync(handle);
            }
            return unfinished;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    // File.OpenHandle refuses directories, so the three calls of POSIX it is. O_RDONLY is 0 everywhere.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
