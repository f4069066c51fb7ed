using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// The MAC by which a recorder knows a chunk's plaintext again without keeping it. Only the recorder ever sees or checks it.
/// A keyed universal hash (GHASH, as AES-256-GCM authenticates data that it does not encrypt) shortens the plaintext to 16 bytes, and
/// HMAC-SHA-512, cut to 32 bytes, is taken of those and the length (a Carter-Wegman MAC, hash-then-PRF): two plaintexts of 10 MiB have the
/// same value with probability 2^-108, and the value tells nothing. HMAC of the plaintext itself would be a second pass of SHA-2, a third
/// of the time of sealing a chunk.
/// </summary>
public static class PlaintextMac
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of the MAC.</summary>
    public const int Size = 32;

    /// <summary>The MAC of <paramref name="plain"/>.</summary>
    /// <param name="key">32 bytes: <see cref="SessionKey.PlaintextMacKey"/>.</param>
    /// <param name="plain">The chunk before compression.</param>
    /// <returns>32 bytes; compare them in constant time.</returns>
    /// <exception cref="ArgumentException">The key's size.</exception>
    public static byte[] Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain)
    {
        if (key.Length != KeySize)
            throw new ArgumentException($"A plaintext MAC key has {KeySize} bytes, not {key.Length}.", nameof(key));
        Span<byte> keys = stackalloc byte[2 * KeySize];
        HkdfExpand.Sha512(key, "universal hash, hmac"u8, keys);
        Span<byte> hashed = stackalloc byte[16 + sizeof(ulong)];
        using (var aes = new AesGcm(keys[..KeySize], 16))
        {
            // The nonce is always the same. That would betray the hash's key to whoever saw two of these tags, but none leaves this method.
            Span<byte> nonce = stackalloc byte[12];
            nonce.Clear();
            aes.Encrypt(nonce, [], [], hashed[..16], plain);
        }
        BinaryPrimitives.WriteUInt64BigEndian(hashed[16..], (ulong)plain.Length);
        Span<byte> mac = stackalloc byte[HMACSHA512.HashSizeInBytes];
        HMACSHA512.HashData(keys[KeySize..], hashed, mac);
        CryptographicOperations.ZeroMemory(keys);
        CryptographicOperations.ZeroMemory(hashed);
        return mac[..Size].ToArray();
    }
}
