using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// Cobblestone-256 of c2sp.org/chunked-encryption: HKDF-Expand-SHA-512 with key commitment, and AES-256-GCM over records of 16 KiB.
/// A ciphertext is a salt (24 bytes), a commitment (32) and the records, each followed by its tag (16); the last record is always
/// shorter than 16 KiB, and empty where nothing is left, which is how the end is known. Keys have 32 bytes and are uniformly random.
/// </summary>
public static class Cobblestone
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of plaintext in a record that is not the last.</summary>
    public const int RecordSize = 16 * 1024;

    /// <summary>Bytes that the tag adds to each record.</summary>
    public const int TagSize = 16;

    /// <summary>Bytes before the first record.</summary>
    public const int HeaderSize = SaltSize + CommitmentSize;

    /// <summary>Bytes of a record that is not the last, with its tag: record n begins at byte 56 + n × 16,400.</summary>
    public const int CipherRecordSize = RecordSize + TagSize;

    /// <summary>The longest message in bytes: 4 PiB - 1.</summary>
    public const long MaxPlainLength = (1L << 52) - 1;

    internal const int SaltSize = 24;
    internal const int CommitmentSize = 32;

    /// <summary>The length of the ciphertext of a message of <paramref name="plainLength"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than <see cref="MaxPlainLength"/>.</exception>
    public static long CipherLength(long plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plainLength, MaxPlainLength);
        return HeaderSize + plainLength + (TagSize * ((plainLength / RecordSize) + 1));
    }

    /// <summary>The length of the message in a ciphertext of <paramref name="cipherLength"/> bytes, which need not be authentic.</summary>
    /// <exception cref="CobblestoneException">Truncated: no ciphertext has that length.</exception>
    public static long PlainLength(long cipherLength)
    {
        var (records, last) = Math.DivRem(cipherLength - HeaderSize, CipherRecordSize);
        var length = (records * RecordSize) + last - TagSize;
        return cipherLength >= HeaderSize && last >= TagSize && length <= MaxPlainLength
            ? length
            : throw CobblestoneException.Truncated(cipherLength);
    }

    /// <summary>Encrypts a whole message under a random salt: the same input gives another ciphertext each time.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="context">What decryption must name again; may be empty.</param>
    /// <param name="plain">The message.</param>
    /// <param name="cipher">At least <see cref="CipherLength"/> bytes, not overlapping <paramref name="plain"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The key's size, or a destination that is too short or overlaps.</exception>
    public static int Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        Span<byte> salt = stackalloc byte[SaltSize];
        RandomNumberGenerator.Fill(salt);
        return Encrypt(key, context, salt, plain, cipher);
    }

    /// <summary>As the public one, with a given salt: only for tests, since a salt that comes back under one key breaks it.</summary>
    internal static int Encrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        RecordCipher.CheckKey(key);
        var length = CipherLength(plain.Length);
        CheckDestination(length, plain, cipher, nameof(cipher));
        using var records = RecordCipher.Create(key, context, salt, cipher);
        var rest = cipher[HeaderSize..];
        for (long record = 0; ; record++)
        {
            var size = Math.Min(RecordSize, plain.Length);
            records.Seal(record, plain[..size], rest[..(size + TagSize)]);
            if (size < RecordSize)
                return (int)length;
            plain = plain[size..];
            rest = rest[CipherRecordSize..];
        }
    }

    /// <summary>Decrypts a whole ciphertext.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="context">What encryption was given.</param>
    /// <param name="cipher">The ciphertext.</param>
    /// <param name="plain">At least <see cref="PlainLength"/> bytes, not overlapping <paramref name="cipher"/>; cleared on failure.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="CobblestoneException">The ciphertext is not authentic; says which part.</exception>
    /// <exception cref="ArgumentException">The key's size, or a destination that is too short or overlaps.</exception>
    public static int Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> cipher, Span<byte> plain)
    {
        RecordCipher.CheckKey(key);
        var length = PlainLength(cipher.Length);
        CheckDestination(length, cipher, plain, nameof(plain));
        using var records = RecordCipher.Open(key, context, cipher[..HeaderSize]);
        var rest = cipher[HeaderSize..];
        var done = 0;
        for (long record = 0; ; record++)
        {
            var size = Math.Min(CipherRecordSize, rest.Length);
            try
            {
                records.Open(record, rest[..size], plain[done..]);
            }
            catch (CobblestoneException)
            {
                plain[..done].Clear();
                throw;
            }
            if (size < CipherRecordSize)
                return (int)length;
            done += RecordSize;
            rest = rest[size..];
        }
    }

    private static void CheckDestination(long needed, ReadOnlySpan<byte> source, Span<byte> destination, string name)
    {
        if (destination.Length < needed)
            throw new ArgumentException($"The destination has {destination.Length} bytes and needs {needed}.", name);
        if (source.Overlaps(destination))
            throw new ArgumentException("Source and destination overlap: the ones would be overwritten before they are read.", name);
    }
}
