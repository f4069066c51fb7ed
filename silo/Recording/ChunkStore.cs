using System.Collections.Concurrent;
using System.Globalization;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;
using Microsoft.Win32.SafeHandles;

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
    public void Read(ChunkLeaf leaf, Memory<byte> destination) => Open(leaf, file =>
    {
        ChunkFile.Read(file, destination.Span, 0);
        return SegmentTree.Hashes(destination.Span);
    }).Dispose();

    /// <summary>Reads all of a counted chunk's ciphertext, holds it against its leaf, and then gives it out piece by piece without keeping it in memory.</summary>
    /// <returns>For the caller to dispose.</returns>
    /// <exception cref="ChunkDamagedException">The file is missing, or is not what the leaf states.</exception>
    public ChunkFile Open(ChunkLeaf leaf) => Open(leaf, file => ChunkFile.Hash(file, leaf.CipherLength));

    /// <summary>What is wrong with a counted chunk; null where nothing is known to be.</summary>
    /// <param name="thorough">Reads every byte, where else the file's length has to do unless an earlier read found damage.</param>
    public ChunkDamagedException? FindDamage(ChunkLeaf leaf, bool thorough)
    {
        if (!thorough && !_damaged.ContainsKey((leaf.Session, leaf.Index)))
        {
            var file = new FileInfo(PathOf(leaf.Session, leaf.Index));
            return !file.Exists ? Damaged(leaf, Missing) : file.Length != leaf.CipherLength ? Damaged(leaf, Wrong(file.Length, leaf)) : null;
        }
        try
        {
            Open(leaf).Dispose();
            return null;
        }
        catch (ChunkDamagedException damage)
        {
            return damage;
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

    /// <param name="hash">Reads the whole file, and gives the hashes of its segments.</param>
    private ChunkFile Open(ChunkLeaf leaf, Func<SafeFileHandle, Hash256[]> hash)
    {
        string fault;
        try
        {
            var file = File.OpenHandle(PathOf(leaf.Session, leaf.Index), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            try
            {
                var length = RandomAccess.GetLength(file);
                var segments = length == leaf.CipherLength ? hash(file) : [];
                if (length == leaf.CipherLength && SegmentTree.Root(segments) == leaf.Root)
                {
                    _damaged.TryRemove((leaf.Session, leaf.Index), out _);
                    return new ChunkFile(file, leaf.CipherLength, segments, found => Note(leaf, found));
                }
                fault = length == leaf.CipherLength ? "its bytes are not those that were sealed" : Wrong(length, leaf);
                file.Dispose();
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // It shows without a read, and in a cluster another recorder may have the chunk: nothing to remember.
            throw Damaged(leaf, Missing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = ChunkFile.Unreadable(exception);
        }
        throw Note(leaf, fault);
    }

    private ChunkDamagedException Note(ChunkLeaf leaf, string fault)
    {
        if (_damaged.Count < MaxRemembered)
            _damaged[(leaf.Session, leaf.Index)] = true;
        return Damaged(leaf, fault);
    }

    private static string Wrong(long length, ChunkLeaf leaf) => $"the file has {length} bytes, {leaf.CipherLength} were sealed";

    private ChunkDamagedException Damaged(ChunkLeaf leaf, string fault) => new(
        $"Chunk {leaf.Index} of session {leaf.Session} is damaged: {PathOf(leaf.Session, leaf.Index)}: {fault}. Restore the file from a backup; without it, skip_damaged=true (lucid export --skip-damaged) gives all other chunks.");
}
