using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>The key ring and the wrapped keys of the sessions.</summary>
internal sealed class AuditKeys
{
    private const string RingCure = "Without it no recording can be read. Put it back from a backup, or run lucid keys restore FILE";

    private readonly DataFolder _folder;
    private readonly AuditFindings _findings;
    private readonly ImmutableArray<WrappingKey> _ring;
    private readonly HashSet<string> _opened = new(StringComparer.Ordinal);
    private bool _any;

    private AuditKeys(DataFolder folder, AuditFindings findings, ImmutableArray<WrappingKey> ring) =>
        (_folder, _findings, _ring) = (folder, findings, ring);

    public static AuditKeys Open(DataFolder folder, AuditFindings findings)
    {
        var path = KeyRingFile.PathIn(folder);
        try
        {
            var keys = new AuditKeys(folder, findings, KeyRingFile.Read(path).Keys);
            findings.Counted(new FileInfo(path).Length);
            if (!File.Exists(Path.Combine(folder.Keys, "recovery-backed-up")))
                findings.Note(path, "the recovery key was never backed up", "Losing this file loses every recording's key. Run lucid keys backup FILE");
            return keys;
        }
        catch (MalformedException damage)
        {
            findings.Damage(path, damage.Message, RingCure);
        }
        catch (IOException)
        {
            findings.Damage(path, "the key ring is missing", RingCure);
        }
        return new AuditKeys(folder, findings, []);
    }

    /// <summary>Judges a session's wrapped key.</summary>
    /// <param name="opened">What the session knows of it.</param>
    /// <returns>The session's key, for the caller to dispose; null where it cannot be had.</returns>
    public SessionKey? Check(Guid session, SessionOpened opened)
    {
        var path = WrappedKey.PathIn(_folder, session);
        const string cure = "The recording cannot be read with it. Put the file back from a backup";
        WrappedKey wrapped;
        try
        {
            wrapped = WrappedKey.Read(path);
            _findings.Counted(new FileInfo(path).Length);
        }
        catch (MalformedException damage)
        {
            _findings.Damage(path, damage.Message, cure);
            return null;
        }
        catch (IOException)
        {
            _findings.Damage(path, "the session's key is missing, although the session is not erased", cure);
            return null;
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
            _findings.Damage(path, "others may read or change this key", $"Run: chmod 600 '{path}'");
        if (wrapped.Session != session || wrapped.Salt != opened.Salt)
            _findings.Damage(path, "it is not the key that this session was opened with", cure);
        return Unwrap(path, session, wrapped, opened.KeyCommitment, cure);
    }

    /// <summary>Every session was judged.</summary>
    public void End()
    {
        // During a rotation that a kill cut short a key may have nothing to open yet, or nothing any more.
        if (!_any || _ring.Length != 2)
            return;
        foreach (var key in _ring.Where(key => !_opened.Contains(key.Name)))
            _findings.Damage(KeyRingFile.PathIn(_folder), $"its key '{key.Name}' opens no session's key", RingCure);
    }

    private SessionKey? Unwrap(string path, Guid session, WrappedKey wrapped, Hash256 commitment, string cure)
    {
        SessionKey? found = null;
        _any = true;
        foreach (var wrapper in wrapped.Wrappers)
        {
            if (_ring.FirstOrDefault(key => key.Name == wrapper.Name) is not { } wrapping)
            {
                if (_ring.Length > 0)
                    _findings.Damage(path, $"it is wrapped under '{wrapper.Name}', which is not in the ring", cure);
                continue;
            }
            if (wrapping.TryUnwrap(wrapper) is not { } key)
            {
                _findings.Damage(path, $"its wrapper under '{wrapper.Name}' does not open", cure);
            }
            else if (key.Commitment(session) != commitment)
            {
                _findings.Damage(path, $"the key under '{wrapper.Name}' is not the one that the session is committed to", cure);
                key.Dispose();
            }
            else
            {
                found?.Dispose();
                found = key;
                _opened.Add(wrapping.Name);
            }
        }
        if (_ring.Length > 0 && wrapped.Wrappers.All(wrapper => wrapper.Name != WrappingKey.Recovery))
            _findings.Damage(path, "it is not wrapped under the recovery key", "A lost key ring could not be restored for this session. Run lucid keys rotate");
        return found;
    }
}
