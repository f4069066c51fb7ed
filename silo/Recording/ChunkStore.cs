using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Recording;

/// <summary>
/// Ciphertext on this node's disk: one file a chunk, named by session and index. A file that is there is whole, because it gets its name only
/// after its bytes are on the disk.
/// </summary>
public sealed class ChunkStore(DataFolder folder)
{
    /// <summary>Stores a chunk durably. One of the same name is replaced: the caller knows that no receipt was given for it.</summary>
    public async Task WriteAsync(Guid session, ulong index, ReadOnlyMemory<byte> cipher, CancellationToken cancellation)
    {
        var path = PathOf(session, index);
        DurableFile.CreateDirectory(Path.GetDirectoryName(path)!);
        var (handle, unfinished) = DurableFile.Begin(path);
        try
        {
            using (handle)
            {
                await RandomAccess.WriteAsync(handle, cipher, 0, cancellation);
                DurableFile.Sync(handle);
            }
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        DurableFile.Finish(unfinished, path, replace: true);
    }

    /// <exception cref="ChunkMissingException">There is no such chunk.</exception>
    public SafeFileHandle Open(Guid session, ulong index)
    {
        var path = PathOf(session, index);
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ChunkMissingException($"Chunk {index} of session {session} is not on this node: it was never sealed, or it was erased.");
        }
    }

    /// <summary>Deletes what a kill left unfinished of a session's chunks. Call it at start, before anybody can send one.</summary>
    public void RemoveUnfinished(Guid session)
    {
        if (Directory.Exists(DirectoryOf(session)))
            DurableFile.RemoveUnfinished(DirectoryOf(session));
    }

    /// <summary>Deletes all of a session's ciphertext, durably.</summary>
    public void Erase(Guid session)
    {
        var directory = DirectoryOf(session);
        if (!Directory.Exists(directory))
            return;
        Directory.Delete(directory, recursive: true);
        DurableFile.SyncDirectory(Path.GetDirectoryName(directory)!);
    }

    // A UUIDv7 begins with its time and ends at random: the end spreads sessions over 256 directories.
    internal string DirectoryOf(Guid session) =>
        Path.Combine(folder.Chunks, session.ToString("N")[^2..], session.ToString("D"));

    internal string PathOf(Guid session, ulong index) => Path.Combine(DirectoryOf(session), $"{index:D10}");
}
