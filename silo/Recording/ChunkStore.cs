using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// Ciphertext on this node's disk: one file a chunk, named by session and index. A file that is there is whole, because it gets its name only
/// after its bytes are on the disk. What happens to it later is noticed whenever it is read: nothing is served that its leaf does not vouch for.
/// </summary>
public sealed class ChunkStore(DataFolder folder)
{
    // More damaged chunks than this are found anew each time they are asked for.
    private const int MaxRemembered = 100_000;
    private const string Missing = "the file is missing";

    // Chunks whose last read found damage.
    private readonly ConcurrentDictionary<(Guid Session, ulong Index), bool> _damaged = [];

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
                await DirectWrite.WriteAsync(handle, cipher, cancellation);
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

    /// <summary>Deletes a chunk that another recorder stored first. A file that a crash leaves is taken for nobody's: its bytes are not the leaf's.</summary>
    public void Delete(Guid session, ulong index) => File.Delete(PathOf(session, index));

    /// <summary>Reads a counted chunk's ciphertext and holds it against its leaf.</summary>
    /// <param name="destination">As long as the leaf says.</param>
    /// <exception cref="ChunkDamagedException">The file is missing, or is not what the leaf states.</exception>
    public void Read(ChunkLeaf leaf, Span<byte> destination)
    {
        if (FindFault(leaf, destination) is { } fault)
        {
            // That a file is missing shows without a read, and in a cluster another recorder may have the chunk.
            if (fault != Missing && _damaged.Count < MaxRemembered)
                _damaged[(leaf.Session, leaf.Index)] = true;
            throw Damaged(leaf, fault);
        }
        _damaged.TryRemove((leaf.Session, leaf.Index), out _);
    }

    /// <summary>What is wrong with a counted chunk; null where nothing is known to be.</summary>
    /// <param name="thorough">Reads every byte, where else the file's length has to do unless an earlier read found damage.</param>
    public ChunkDamagedException? FindDamage(ChunkLeaf leaf, bool thorough)
    {
        if (!thorough && !_damaged.ContainsKey((leaf.Session, leaf.Index)))
        {
            var file = new FileInfo(PathOf(leaf.Session, leaf.Index));
            return !file.Exists ? Damaged(leaf, Missing) : file.Length != leaf.CipherLength ? Damaged(leaf, Wrong(file.Length, leaf)) : null;
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)leaf.CipherLength);
        try
        {
            Read(leaf, buffer.AsSpan(0, (int)leaf.CipherLength));
            return null;
        }
        catch (ChunkDamagedException damage)
        {
            return damage;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The indices of the chunks of a session that have a file, counted or not.</summary>
    public IEnumerable<ulong> Indices(Guid session) => !Directory.Exists(DirectoryOf(session)) ? [] :
        from file in Directory.EnumerateFiles(DirectoryOf(session))
        where ulong.TryParse(Path.GetFileName(file), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select ulong.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture);

    /// <summary>Deletes what a kill left unfinished of a session's chunks. Call it at start, before anybody can send one.</summary>
    public void RemoveUnfinished(Guid session)
    {
        if (Directory.Exists(DirectoryOf(session)))
            DurableFile.RemoveUnfinished(DirectoryOf(session));
    }

    /// <summary>
    /// Takes all of a session's ciphertext away, durably, and leaves the files to <see cref="ErasedChunks"/>: one rename, however many there
    /// are. Repeating it is harmless.
    /// </summary>
    /// <exception cref="GrainStoreException">The disk refuses it. The session asks again by itself.</exception>
    public void SetAside(Guid session)
    {
        var directory = DirectoryOf(session);
        try
        {
            if (Directory.Exists(directory))
            {
                DurableFile.CreateDirectory(Erased);
                Directory.Move(directory, FreeNameFor(session));
                DurableFile.SyncDirectory(Erased);
            }
            // Also where it is gone already: whoever took it away may have died before its name was.
            if (Path.GetDirectoryName(directory) is { } parent && Directory.Exists(parent))
                DurableFile.SyncDirectory(parent);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new GrainStoreException(
                $"{directory} cannot be moved into {Erased} ({refused.Message}). The session's key is destroyed, so nothing of it can be read; make both writable, and the node goes on by itself.", refused);
        }
    }

    /// <summary>What was set aside and is not deleted yet.</summary>
    public IReadOnlyList<string> SetAsideFolders() => Directory.Exists(Erased) ? Directory.GetDirectories(Erased) : [];

    /// <summary>Whether a name in <see cref="Erased"/> is one that <see cref="SetAside"/> gives.</summary>
    internal static bool IsSetAside(string name) => name.Length >= 36 && Guid.TryParseExact(name[..36], "D", out _) &&
        (name.Length == 36 || (name[36] == '-' && int.TryParse(name[37..], NumberStyles.None, CultureInfo.InvariantCulture, out _)));

    /// <summary>Where erased sessions wait to be deleted.</summary>
    internal string Erased => Path.Combine(folder.Chunks, "erased");

    // The same session may be here already: its folder was restored from a backup and erased once more.
    private string FreeNameFor(Guid session)
    {
        var name = Path.Combine(Erased, session.ToString("D"));
        var free = name;
        for (var number = 2; Directory.Exists(free); number++)
            free = $"{name}-{number}";
        return free;
    }

    // A UUIDv7 begins with its time and ends at random: the end spreads sessions over 256 directories.
    internal string DirectoryOf(Guid session) =>
        Path.Combine(folder.Chunks, session.ToString("N")[^2..], session.ToString("D"));

    internal string PathOf(Guid session, ulong index) => Path.Combine(DirectoryOf(session), $"{index:D10}");

    private string? FindFault(ChunkLeaf leaf, Span<byte> destination)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(leaf.Session, leaf.Index), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            if (length != leaf.CipherLength)
                return Wrong(length, leaf);
            for (var read = 0; read < destination.Length;)
            {
                var count = RandomAccess.Read(file, destination[read..], read);
                if (count == 0)
                    return Wrong(read, leaf);
                read += count;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Missing;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"the file cannot be read ({exception.Message})";
        }
        return SegmentTree.Root(destination) == leaf.Root ? null : "its bytes are not those that were sealed";
    }

    private static string Wrong(long length, ChunkLeaf leaf) => $"the file has {length} bytes, {leaf.CipherLength} were sealed";

    private ChunkDamagedException Damaged(ChunkLeaf leaf, string fault) => new(
        $"Chunk {leaf.Index} of session {leaf.Session} is damaged: {PathOf(leaf.Session, leaf.Index)}: {fault}. Restore the file from a backup; without it, skip_damaged=true (lucid export --skip-damaged) gives all other chunks.");
}
