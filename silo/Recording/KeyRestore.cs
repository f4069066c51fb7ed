using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Recording;

/// <param name="Opened">Sessions whose keys the ring opens now.</param>
/// <param name="Rewrapped">Those of them that were wrapped anew.</param>
/// <param name="Erased">Keys of erased sessions that an older copy had brought back, and that are destroyed again.</param>
/// <param name="Failed">Files that neither the ring nor the recovery key opens, each with the reason.</param>
internal sealed record KeyRestoreResult(int Opened, int Rewrapped, int Erased, ImmutableArray<string> Failed);

/// <summary>
/// Makes a key ring for session keys whose own ring is lost: with the recovery key, which each of them is wrapped under beside the lost one. The
/// ring comes first and holds that key, so that from then on every session opens, and wrapping them anew can be cut short and repeated.
/// </summary>
internal sealed class KeyRestore(DataFolder folder)
{
    private const string RecorderPrefix = "recorder-";

    private readonly string _ring = KeyRingFile.PathIn(folder);

    /// <summary>Restores. The caller holds the directory's lock.</summary>
    /// <exception cref="InvalidDataException">Nothing can be restored with what is there. Nothing was changed; the message says why.</exception>
    public KeyRestoreResult Run(RecoveryKeyFile recovery)
    {
        CheckNetwork(recovery);
        var files = WrappedFiles();
        var before = ReadRing();
        var given = new WrappingKey(WrappingKey.Recovery, recovery.Key);
        var keys = before ?? [WrappingKey.Make($"{RecorderPrefix}{HighestNumber(files) + 1}"), given];
        // All are tried before anything is written.
        var openable = files.Count(file => TryOpen(file, keys, given) is { } key && Disposed(key));
        if (openable == 0)
            throw new InvalidDataException(
                $"the recovery key opens none of the {files.Count} session keys in {WrappedKey.FolderIn(folder)}. Nothing was changed; use the file that lucid keys backup wrote for this node");
        if (before is null)
        {
            KeepDamagedRing();
            DurableFile.Write(_ring, KeyRingFile.Encode(keys), DurableFile.OwnerOnly);
        }
        if (keys[^1].Bytes.AsSpan().SequenceEqual(recovery.Key))
            DurableFile.Write(KeyRing.BackupMarkIn(folder), []);
        return Rewrap(files, keys, given);
    }

    private KeyRestoreResult Rewrap(List<string> files, ImmutableArray<WrappingKey> keys, WrappingKey given)
    {
        var (rewrapped, opened, erased) = (0, 0, 0);
        var failed = ImmutableArray.CreateBuilder<string>();
        using var sessions = ErasedSessions.Open(folder);
        foreach (var file in files)
        {
            if (sessions.Has(file))
            {
                KeyRing.Overwrite(file);
                erased++;
                continue;
            }
            using var key = TryOpen(file, keys, given);
            if (key is null)
            {
                failed.Add(Reason(file));
                continue;
            }
            opened++;
            var wrapped = WrappedKey.Read(file);
            var anew = wrapped with { Wrappers = KeyRing.Wrap(key, [keys[^2], keys[^1]]) };
            if (Same(wrapped, anew))
                continue;
            DurableFile.Write(file, anew.Encode(), DurableFile.OwnerOnly);
            rewrapped++;
        }
        return new KeyRestoreResult(opened, rewrapped, erased, failed.DrainToImmutable());
    }

    private void CheckNetwork(RecoveryKeyFile recovery)
    {
        var path = Path.Combine(folder.Ledger, "genesis");
        if (!File.Exists(path))
            return;
        var network = Genesis.Parse(File.ReadAllBytes(path)).Network;
        if (network != recovery.Network)
            throw new InvalidDataException($"the recovery key is of network {recovery.Network}, and {folder.Root} of {network}. Nothing was changed; use the file that was backed up for this node");
    }

    private List<string> WrappedFiles()
    {
        var sessions = WrappedKey.FolderIn(folder);
        if (!Directory.Exists(sessions))
            throw new InvalidDataException($"{sessions} is missing. Put the copy of it there that was kept beside the recovery key, then repeat this command");
        var files = Directory.EnumerateFiles(sessions, "*.key", SearchOption.AllDirectories)
            .Where(file => SessionOf(file) is { } session && WrappedKey.PathIn(folder, session) == file).Order(StringComparer.Ordinal).ToList();
        return files.Count > 0 ? files
            : throw new InvalidDataException($"there is no session key in {sessions}. Put the copy of it there that was kept beside the recovery key, then repeat this command");
    }

    /// <summary>The ring that is there; null where it is missing or damaged.</summary>
    private ImmutableArray<WrappingKey>? ReadRing()
    {
        try
        {
            return File.Exists(_ring) ? KeyRingFile.Read(_ring).Keys : null;
        }
        catch (MalformedException)
        {
            return null;
        }
    }

    /// <summary>A damaged ring may still hold good keys for somebody who can read it: it is kept, once.</summary>
    private void KeepDamagedRing()
    {
        var kept = _ring + ".damaged";
        if (File.Exists(_ring) && !File.Exists(kept))
            DurableFile.Write(kept, File.ReadAllBytes(_ring), DurableFile.OwnerOnly);
    }

    /// <summary>The new key's name must not be that of a lost one: wrappers under the lost one still carry it.</summary>
    private static int HighestNumber(List<string> files) => files
        .SelectMany(file => TryRead(file) is { } wrapped ? wrapped.Wrappers : [])
        .Where(wrapper => wrapper.Name.StartsWith(RecorderPrefix, StringComparison.Ordinal))
        .Select(wrapper => int.TryParse(wrapper.Name.AsSpan(RecorderPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .DefaultIfEmpty(0).Max();

    private static SessionKey? TryOpen(string file, ImmutableArray<WrappingKey> keys, WrappingKey given)
    {
        if (TryRead(file) is not { } wrapped || wrapped.Session != SessionOf(file))
            return null;
        foreach (var key in keys.Add(given))
        {
            foreach (var wrapper in wrapped.Wrappers.Where(wrapper => wrapper.Name == key.Name))
            {
                if (TryUnwrap(key, wrapper) is { } session)
                    return session;
            }
        }
        return null;
    }

    private static SessionKey? TryUnwrap(WrappingKey wrapping, Wrapper wrapper)
    {
        try
        {
            var plain = KeyWrap.Unwrap(wrapping.Bytes, wrapper.Wrapped);
            var key = plain.Length == SessionKey.Size ? new SessionKey(plain) : null;
            CryptographicOperations.ZeroMemory(plain);
            return key;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static WrappedKey? TryRead(string file)
    {
        try
        {
            return WrappedKey.Read(file);
        }
        catch (MalformedException)
        {
            return null;
        }
    }

    private static string Reason(string file) => TryRead(file) switch
    {
        null => $"{file} is damaged; put it back from a backup",
        { } wrapped when wrapped.Session != SessionOf(file) => $"{file} holds the key of another session, {wrapped.Session}; put it back from a backup",
        _ => $"{file} does not open with this recovery key; put it back from a backup",
    };

    private static Guid? SessionOf(string file) => Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out var session) ? session : null;

    private static bool Same(WrappedKey left, WrappedKey right) => left.Encode().AsSpan().SequenceEqual(right.Encode());

    private static bool Disposed(SessionKey key)
    {
        key.Dispose();
        return true;
    }

    /// <summary>Which sessions the grain store says are erased: a copy of the keys that is older than the erasure must not bring them back.</summary>
    private sealed class ErasedSessions(SqliteSnapshot? store) : IDisposable
    {
        public static ErasedSessions Open(DataFolder folder) => new(File.Exists(folder.GrainStore) ? SqliteSnapshot.Open(folder.GrainStore, live: false) : null);

        public bool Has(string file)
        {
            try
            {
                return store is not null && new SqliteGrainReader(store).Find(new GrainId("session", $"{SessionOf(file):D}"))?.State is { } json &&
                    JsonSerializer.Deserialize<SessionState>(json, GrainJson.Options) is { EraseWanted: true } or { Status: SessionStatus.Erased };
            }
            catch (Exception damage) when (damage is SqliteException or JsonException)
            {
                // The store is damaged, and no key is destroyed on its word.
                return false;
            }
        }

        public void Dispose() => store?.Dispose();
    }
}
