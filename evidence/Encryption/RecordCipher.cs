using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>The derived key of one message and the sealing of its records, which all Cobblestone classes share. Not thread-safe.</summary>
internal sealed class RecordCipher : IDisposable
{
    /// <summary>Bytes of AES key, base nonce and commitment together.</summary>
    public const int DerivedSize = Cobblestone.KeySize + NonceSize + Cobblestone.CommitmentSize;

    private const int NonceSize = 12;
    private const long MaxRecords = 1L << 38;

    private readonly AesGcm _aes;
    private readonly byte[] _baseNonce;

    private RecordCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> baseNonce)
    {
        _aes = new AesGcm(key, Cobblestone.TagSize);
        _baseNonce = baseNonce.ToArray();
    }

    /// <summary>Derives for encryption and writes salt and commitment as the header.</summary>
    public static RecordCipher Create(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> salt, Span<byte> header)
    {
        Span<byte> derived = stackalloc byte[DerivedSize];
        Derive(key, context, salt, derived);
        salt.CopyTo(header);
        derived[^Cobblestone.CommitmentSize..].CopyTo(header[Cobblestone.SaltSize..]);
        return FromDerived(derived);
    }

    /// <summary>Derives for decryption and checks the commitment, as must happen before any record is decrypted.</summary>
    /// <exception cref="CobblestoneException">Wrong key or context.</exception>
    public static RecordCipher Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> header)
    {
        Span<byte> derived = stackalloc byte[DerivedSize];
        Derive(key, context, header[..Cobblestone.SaltSize], derived);
        if (!CryptographicOperations.FixedTimeEquals(
            derived[^Cobblestone.CommitmentSize..], header[Cobblestone.SaltSize..Cobblestone.HeaderSize]))
        {
            CryptographicOperations.ZeroMemory(derived);
            throw CobblestoneException.WrongKeyOrContext();
        }
        return FromDerived(derived);
    }

    /// <summary>key ‖ base nonce ‖ commitment, as "Key derivation" in c2sp.org/chunked-encryption.</summary>
    public static void Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> salt, Span<byte> derived)
    {
        CheckKey(key);
        var prefix = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"u8;
        var info = new byte[prefix.Length + salt.Length + context.Length];
        prefix.CopyTo(info);
        salt.CopyTo(info.AsSpan(prefix.Length));
        context.CopyTo(info.AsSpan(prefix.Length + salt.Length));
        HkdfExpand.Sha512(key, info, derived);
    }

    public static void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Cobblestone.KeySize)
            throw new ArgumentException($"A Cobblestone-256 key has {Cobblestone.KeySize} bytes, not {key.Length}.", nameof(key));
    }

    /// <summary>Encrypts one record; <paramref name="cipher"/> is a tag longer than <paramref name="plain"/>.</summary>
    public void Seal(long record, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        Nonce(record, nonce);
        _aes.Encrypt(nonce, plain, cipher[..plain.Length], cipher[plain.Length..]);
    }

    /// <summary>Decrypts one record into <paramref name="plain"/>, which is cleared where that fails.</summary>
    /// <exception cref="CobblestoneException">The record is not authentic.</exception>
    public void Open(long record, ReadOnlySpan<byte> cipher, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        Nonce(record, nonce);
        var length = cipher.Length - Cobblestone.TagSize;
        try
        {
            _aes.Decrypt(nonce, cipher[..length], cipher[length..], plain[..length]);
        }
        catch (AuthenticationTagMismatchException)
        {
            plain[..length].Clear();
            throw CobblestoneException.Altered(record, last: length < Cobblestone.RecordSize);
        }
    }

    public void Dispose() => _aes.Dispose();

    private static RecordCipher FromDerived(Span<byte> derived)
    {
        var cipher = new RecordCipher(derived[..Cobblestone.KeySize], derived.Slice(Cobblestone.KeySize, NonceSize));
        CryptographicOperations.ZeroMemory(derived);
        return cipher;
    }

    // A nonce must never come back under one key: beyond 2^38 the counter would reach into the part that tells messages apart.
    private void Nonce(long record, Span<byte> nonce)
    {
        if (record is < 0 or >= MaxRecords)
            throw new ArgumentOutOfRangeException(nameof(record), record, "A message has at most 2^38 records.");
        _baseNonce.CopyTo(nonce);
        var counter = nonce[^sizeof(ulong)..];
        BinaryPrimitives.WriteUInt64BigEndian(counter, BinaryPrimitives.ReadUInt64BigEndian(counter) ^ (ulong)record);
    }
}
