using System.Collections.Immutable;
using System.Security.Cryptography;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// The recorder's keys. One file holds the key-encryption keys: the recorder's own and the recovery key. Beside it, one small file a session
/// holds the session's key wrapped (AES-KWP) under each of them, so that opening, erasing and rotating cost the same however many there are.
/// </summary>
public sealed class KeyRing : IDisposable
{
    private readonly string _ringFile;
    private readonly string _backupMark;
    private readonly string _sessions;
    private readonly DataFolder _folder;

    // Shared by all who read or make a session's key, which need not wait for each other's disk; alone are those who destroy or rotate.
    private readonly ReaderWriterLockSlim _gate = new();
    private ImmutableArray<WrappingKey> _keys;

    private KeyRing(DataFolder folder, ImmutableArray<WrappingKey> keys)
    {
        _ringFile = KeyRingFile.PathIn(folder);
        _backupMark = BackupMarkIn(folder);
        _sessions = WrappedKey.FolderIn(folder);
        _folder = folder;
        _keys = keys;
    }

    /// <summary>Whether the recovery key was written out; until then losing this disk loses every recording's key.</summary>
    public bool IsBackedUp => File.Exists(_backupMark);

    /// <summary>The name of the key that new sessions are wrapped under, beside the recovery key.</summary>
    public string Current => Newest(_keys).Name;

    /// <summary>Reads the ring, or makes it on first start, and finishes a rotation that a crash cut short.</summary>
    /// <exception cref="MalformedException">The ring's file is damaged, or others may read it. The message names it, and quotes nothing of it.</exception>
    public static KeyRing Open(DataFolder folder)
    {
        DurableFile.CreateDirectory(folder.Keys);
        var file = KeyRingFile.PathIn(folder);
        ImmutableArray<WrappingKey> keys;
        var isOld = false;
        if (File.Exists(file))
        {
            (keys, isOld) = KeyRingFile.Read(file);
        }
        else
        {
            // The grain store is made after the ring: where there is one, a new ring would hide that the old one is lost.
            if (Directory.Exists(WrappedKey.FolderIn(folder)) || File.Exists(folder.GrainStore))
                throw new MalformedException("key ring", $"{file} is missing although sessions have keys wrapped under it; put it back from a backup, or run: {KeyRingFile.RestoreCommand(file)}");
            keys = [WrappingKey.Make("recorder-1"), WrappingKey.Make(WrappingKey.Recovery)];
            DurableFile.Create(file, KeyRingFile.Encode(keys), DurableFile.OwnerOnly);
        }
        var ring = new KeyRing(folder, keys);
        if (isOld)
            ring.SaveRing(keys);
        DurableFile.CreateDirectory(ring._sessions);
        // A crash while a session's key was written leaves it, wrapped, under a name that Destroy would not know of later.
        DurableFile.RemoveUnfinished(folder.Keys);
        foreach (var directory in Directory.EnumerateDirectories(ring._sessions))
            DurableFile.RemoveUnfinished(directory);
        // A session's key that is damaged now fails that session when it is read, and the rotation goes on with the next start.
        _ = ring.FinishRotation();
        return ring;
    }

    /// <summary>Makes the session's key and its salt and stores them wrapped; answers for those that are there already.</summary>
    public (SessionKey Key, Hash256 Salt) OpenOrCreate(Guid session)
    {
        return Shared(() =>
        {
            if (File.Exists(FileOf(session)))
                return Read(session);
            var (key, salt) = (SessionKey.Generate(), new Hash256(RandomNumberGenerator.GetBytes(Hash256.Size)));
            Create(session, key, salt);
            return (key, salt);
        });
    }

    /// <summary>The session's key and its salt, which are here already.</summary>
    /// <exception cref="KeyErasedException">The key was destroyed, or never was.</exception>
    public (SessionKey Key, Hash256 Salt) Open(Guid session) => Shared(() => Read(session));

    /// <summary>Stores, wrapped, the key of a session that another recorder opened. The same again changes nothing.</summary>
    /// <exception cref="KeyDamagedException">Another key of that session is here.</exception>
    public void Accept(Guid session, SessionKey key, Hash256 salt) => Shared(() =>
    {
        if (!File.Exists(FileOf(session)))
        {
            Create(session, key, salt);
            return true;
        }
        var (own, ownSalt) = Read(session);
        using (own)
        {
            return own.Commitment(session) == key.Commitment(session) && ownSalt == salt ? true
                : throw new KeyDamagedException($"{FileOf(session)} holds another key than the one that the recorder of session {session} hands over.");
        }
    });

    /// <exception cref="KeyErasedException">The key was destroyed, or never was.</exception>
    public SessionKey Get(Guid session) => Shared(() => Read(session).Key);

    /// <summary>The sessions that have a key here.</summary>
    public IEnumerable<Guid> Sessions() =>
        from file in Directory.EnumerateFiles(_sessions, "*.key", SearchOption.AllDirectories)
        where Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out _)
        select Guid.ParseExact(Path.GetFileNameWithoutExtension(file), "D");

    /// <summary>Destroys every wrapper of the session's key. Without one the key is gone, since it is kept nowhere else.</summary>
    public void Destroy(Guid session)
    {
        Alone(() =>
        {
            var name = FileOf(session);
            var directory = Path.GetDirectoryName(name)!;
            if (!Directory.Exists(directory))
                return;
            // With what a write that failed may have left beside it.
            foreach (var file in Directory.GetFiles(directory, Path.GetFileName(name) + "*"))
                Overwrite(file);
        });
    }

    /// <summary>
    /// Deletes a wrapped key. Overwritten before it is unlinked, for file systems that write in place. On the others the blocks may outlive the
    /// name: a rotation then makes the recorder's wrapper in them worthless, but not the recovery key's, which is never rotated.
    /// </summary>
    internal static void Overwrite(string file)
    {
        using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.Write(handle, new byte[RandomAccess.GetLength(handle)], 0);
            DurableFile.Sync(handle);
        }
        DurableFile.Delete(file);
    }

    /// <summary>The file that says that the recovery key was written out.</summary>
    internal static string BackupMarkIn(DataFolder folder) => Path.Combine(folder.Keys, "recovery-backed-up");

    /// <summary>
    /// Makes a new key of the recorder's, wraps every session's key under it, and only then removes the old wrappers and the old key. Repeating
    /// it after a crash finishes what was begun before it begins anew.
    /// </summary>
    /// <returns>How many sessions were wrapped anew.</returns>
    /// <exception cref="KeyDamagedException">Some could not be, and keep their wrappers; so the older keys stay too.</exception>
    public int Rotate()
    {
        if (FinishRotation().Damaged is { } before)
            throw before;
        Alone(() =>
        {
            var number = int.Parse(Newest(_keys).Name.AsSpan("recorder-".Length)) + 1;
            SaveRing(_keys.Insert(_keys.Length - 1, WrappingKey.Make($"recorder-{number}")));
        });
        var (sessions, damaged) = FinishRotation();
        return damaged is null ? sessions : throw damaged;
    }

    /// <summary>The recovery key as the text that `lucid keys backup` writes; the ring remembers that it was asked for.</summary>
    public byte[] ExportRecoveryKey(Hash256 network)
    {
        Alone(() =>
        {
            if (!IsBackedUp)
                DurableFile.Write(_backupMark, []);
        });
        return new RecoveryKeyFile(network, Find(WrappingKey.Recovery).Bytes).Encode();
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>
    /// Wraps every session under the newest key and the recovery key alone, and forgets the older ones: but not as long as a session's key
    /// cannot be read, because the older ones may open it once its file is back.
    /// </summary>
    private (int Rewrapped, KeyDamagedException? Damaged) FinishRotation()
    {
        if (_keys.Length == 2)
            return (0, null);
        var rewrapped = 0;
        KeyDamagedException? damaged = null;
        foreach (var file in Directory.EnumerateFiles(_sessions, "*.key", SearchOption.AllDirectories))
        {
            // One session at a time holds the gate, so that recording goes on during a rotation of many.
            Alone(() =>
            {
                if (!File.Exists(file) || !Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out var session))
                    return;
                try
                {
                    using var key = Read(session).Key;
                    var before = ReadWrapped(session);
                    if (before.Wrappers.Length == 2 && before.Wrappers.Any(wrapper => wrapper.Name == Newest(_keys).Name))
                        return;
                    DurableFile.Write(file, (before with { Wrappers = Wrap(key, [Newest(_keys), Find(WrappingKey.Recovery)]) }).Encode(), DurableFile.OwnerOnly);
                    rewrapped++;
                }
                catch (KeyDamagedException damage)
                {
                    damaged ??= damage;
                }
            });
        }
        if (damaged is null)
            Alone(() => SaveRing([Newest(_keys), Find(WrappingKey.Recovery)]));
        return (rewrapped, damaged);
    }

    private void Create(Guid session, SessionKey key, Hash256 salt)
    {
        var wrapped = new WrappedKey(session, salt, Wrap(key, [Newest(_keys), Find(WrappingKey.Recovery)]));
        DurableFile.CreateDirectory(Path.GetDirectoryName(FileOf(session))!);
        // Refuses to replace one: of two calls at once for one session the second fails, and tried again reads what the first has made.
        DurableFile.Create(FileOf(session), wrapped.Encode(), DurableFile.OwnerOnly);
    }

    private T Shared<T>(Func<T> work)
    {
        _gate.EnterReadLock();
        try
        {
            return work();
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private void Alone(Action work)
    {
        _gate.EnterWriteLock();
        try
        {
            work();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private (SessionKey Key, Hash256 Salt) Read(Guid session)
    {
        if (!File.Exists(FileOf(session)))
            throw new KeyErasedException($"The key of session {session} is not on this node: it was destroyed, or the session is not of this node.");
        var wrapped = ReadWrapped(session);
        foreach (var wrapper in wrapped.Wrappers)
        {
            if (_keys.FirstOrDefault(key => key.Name == wrapper.Name) is { } wrapping && wrapping.TryUnwrap(wrapper) is { } key)
                return (key, wrapped.Salt);
        }
        throw new KeyDamagedException($"{FileOf(session)} is damaged, or was wrapped under other keys than those of {_ringFile}: none of them opens it. Restore it from a backup.");
    }

    internal static ImmutableArray<Wrapper> Wrap(SessionKey key, ReadOnlySpan<WrappingKey> under)
    {
        var plain = key.Export();
        try
        {
            var wrappers = ImmutableArray.CreateBuilder<Wrapper>(under.Length);
            foreach (var wrapping in under)
                wrappers.Add(new Wrapper(wrapping.Name, KeyWrap.Wrap(wrapping.Bytes, plain)));
            return wrappers.MoveToImmutable();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private void SaveRing(ImmutableArray<WrappingKey> keys)
    {
        DurableFile.Write(_ringFile, KeyRingFile.Encode(keys), DurableFile.OwnerOnly);
        _keys = keys;
    }

    private WrappingKey Find(string name) => _keys.First(key => key.Name == name);

    /// <summary>The recorder's keys stand in the order of their making, the recovery key last.</summary>
    private static WrappingKey Newest(ImmutableArray<WrappingKey> keys) => keys[^2];

    /// <summary>Where the session's wrapped key lies.</summary>
    public string FileOf(Guid session) => WrappedKey.PathIn(_folder, session);

    private WrappedKey ReadWrapped(Guid session)
    {
        var file = FileOf(session);
        try
        {
            var wrapped = WrappedKey.Read(file);
            // Under another session's key chunks could be sealed that nobody could ever open.
            return wrapped.Session == session ? wrapped
                : throw new KeyDamagedException($"{file} holds the key of another session, {wrapped.Session}. Restore it from a backup.");
        }
        catch (MalformedException damage)
        {
            throw new KeyDamagedException($"{damage.Message[(damage.Record.Length + 2)..]}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyDamagedException($"{file} cannot be read ({exception.Message}). Make it readable for this user, or restore it from a backup.");
        }
    }
}
