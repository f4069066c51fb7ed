using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>AES key wrap with padding (AES-KWP, RFC 5649): encrypts a key under a key-encryption key, the same way each time.</summary>
public static class KeyWrap
{
    /// <summary>Wraps <paramref name="key"/>.</summary>
    /// <param name="wrappingKey">The key-encryption key: 16, 24 or 32 bytes.</param>
    /// <param name="key">The key to protect, at least one byte.</param>
    /// <returns>8 bytes more than <paramref name="key"/>, rounded up to a multiple of 8.</returns>
    /// <exception cref="ArgumentException">The size of a key.</exception>
    public static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> key)
    {
        using var aes = Open(wrappingKey);
        return aes.EncryptKeyWrapPadded(key);
    }

    /// <summary>Unwraps what <see cref="Wrap"/> returned.</summary>
    /// <returns>The key; the caller clears it after use.</returns>
    /// <exception cref="CryptographicException">Wrapped under another key, altered, or no wrapped key at all.</exception>
    /// <exception cref="ArgumentException">The size of the key-encryption key.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> wrapped)
    {
        using var aes = Open(wrappingKey);
        if (wrapped.Length < 16 || wrapped.Length % 8 != 0)
            throw new CryptographicException($"A wrapped key has 16 bytes or more, in steps of 8, not {wrapped.Length}.");
        return aes.DecryptKeyWrapPadded(wrapped);
    }

    private static Aes Open(ReadOnlySpan<byte> wrappingKey)
    {
        if (wrappingKey.Length is not (16 or 24 or 32))
            throw new ArgumentException($"A key-encryption key has 16, 24 or 32 bytes, not {wrappingKey.Length}.", nameof(wrappingKey));
        var aes = Aes.Create();
        aes.SetKey(wrappingKey);
        return aes;
    }
}
