using System.Security.Cryptography;
using System.Text;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// A session's 32 random bytes, and all that is derived from them. Each derivation is HKDF-Expand-SHA-512 with an info that names its
/// kind, its version and the session, so that no derived key tells anything of another. Whoever has one chunk's key opens that chunk only.
/// Disposing clears the key.
/// </summary>
public sealed class SessionKey : IDisposable
{
    /// <summary>Bytes of a session key and of each derived value.</summary>
    public const int Size = 32;

    private readonly byte[] _key;
    private bool _disposed;

    /// <param name="key">Exactly 32 uniformly random bytes; a copy is kept.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public SessionKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size)
            throw new ArgumentException($"A session key has {Size} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>A new key from the system's source of randomness.</summary>
    public static SessionKey Generate()
    {
        Span<byte> key = stackalloc byte[Size];
        RandomNumberGenerator.Fill(key);
        var generated = new SessionKey(key);
        CryptographicOperations.ZeroMemory(key);
        return generated;
    }

    /// <summary>The key itself, for whoever wraps or exports it; the caller clears it.</summary>
    public byte[] Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _key.AsSpan().ToArray();
    }

    /// <summary>The Cobblestone-256 key of one chunk: info <c>lucid.chunk-key/1\n{session}\n{index}\n</c>. The caller clears it.</summary>
    public byte[] ChunkKey(Guid session, ulong index) => Derive($"lucid.chunk-key/1\n{session:D}\n{index}\n");

    /// <summary>
    /// What the manifest says of the key without giving it away, so that a wrong key is known as such before any chunk is opened:
    /// info <c>lucid.key-commitment/1\n{session}\n</c>. Not secret.
    /// </summary>
    public Hash256 Commitment(Guid session) => new(Derive($"lucid.key-commitment/1\n{session:D}\n"));

    /// <summary>
    /// The key of <see cref="PlaintextMac"/>, by which a recorder knows a chunk's plaintext again: info
    /// <c>lucid.plaintext-mac/1\n{session}\n</c>. The caller clears it.
    /// </summary>
    public byte[] PlaintextMacKey(Guid session) => Derive($"lucid.plaintext-mac/1\n{session:D}\n");

    /// <summary>The Cobblestone context of one chunk: <c>lucid.chunk/1\n{session}\n{index}\n{codec}\n</c>. Not secret.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="index">The chunk's index.</param>
    /// <param name="codec">The codec's name, as in the leaf.</param>
    public static byte[] ChunkContext(Guid session, ulong index, string codec) =>
        Encoding.UTF8.GetBytes($"lucid.chunk/1\n{session:D}\n{index}\n{codec}\n");

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    private byte[] Derive(string info)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var derived = new byte[Size];
        HkdfExpand.Sha512(_key, Encoding.UTF8.GetBytes(info), derived);
        return derived;
    }
}
