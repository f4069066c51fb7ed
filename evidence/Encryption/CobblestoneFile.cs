using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>Reads bytes at an offset, as <see cref="RandomAccess"/> does.</summary>
/// <returns>Bytes read, which may be fewer than asked for; 0 only at the end.</returns>
public delegate int ReadAt(long offset, Span<byte> destination);

/// <summary>
/// Random access to a ciphertext: any range of the message is read by fetching and authenticating only the records that hold it.
/// The commitment is checked once, on opening. Not thread-safe. Format: <see cref="Cobblestone"/>.
/// </summary>
public sealed class CobblestoneFile : IDisposable
{
    private readonly RecordCipher _records;
    private readonly ReadAt _readAt;
    private readonly byte[] _cipher = new byte[Cobblestone.CipherRecordSize];

    // The record that was last decrypted in part: small reads in sequence decrypt each record once.
    private readonly byte[] _plain = new byte[Cobblestone.RecordSize];
    private long _cached = -1;
    private bool _lengthAuthentic;

    private CobblestoneFile(RecordCipher records, ReadAt readAt, long plainLength)
    {
        _records = records;
        _readAt = readAt;
        ClaimedLength = plainLength;
    }

    /// <summary>Reads the header and checks the commitment.</summary>
    /// <param name="key">32 bytes; not kept.</param>
    /// <param name="context">What encryption was given.</param>
    /// <param name="cipherLength">The length of the ciphertext in bytes.</param>
    /// <param name="readAt">Reads the ciphertext; offset 0 is its first byte.</param>
    /// <exception cref="CobblestoneException">A length that no ciphertext has (nothing is read), or another key or context.</exception>
    public static CobblestoneFile Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, long cipherLength, ReadAt readAt)
    {
        ArgumentNullException.ThrowIfNull(readAt);
        RecordCipher.CheckKey(key);
        var plainLength = Cobblestone.PlainLength(cipherLength);
        Span<byte> header = stackalloc byte[Cobblestone.HeaderSize];
        ReadExactly(readAt, 0, header);
        return new CobblestoneFile(RecordCipher.Open(key, context, header), readAt, plainLength);
    }

    /// <summary>The message's length as the ciphertext's length has it; after a cut at a suitable place it is wrong.</summary>
    public long ClaimedLength { get; }

    /// <summary>The message's length, proved by decrypting the last record (once).</summary>
    /// <exception cref="CobblestoneException">The last record is not authentic.</exception>
    public long AuthenticLength()
    {
        if (!_lengthAuthentic)
        {
            Load(ClaimedLength / Cobblestone.RecordSize);
            _lengthAuthentic = true;
        }
        return ClaimedLength;
    }

    /// <summary>Reads the message from <paramref name="offset"/> on.</summary>
    /// <returns>
    /// Bytes read: as many as <paramref name="destination"/> takes, or fewer at the message's end. A range that reaches the end proves
    /// where it is.
    /// </returns>
    /// <exception cref="CobblestoneException">A record is not authentic; <paramref name="destination"/> is left cleared.</exception>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        // Reaching the end, exactly or beyond, tells the caller where the end is: it has to be true.
        if (offset >= ClaimedLength - destination.Length)
            AuthenticLength();
        var count = (int)Math.Min(destination.Length, Math.Max(0, ClaimedLength - offset));
        var done = 0;
        try
        {
            while (done < count)
                done += ReadFromRecord(offset + done, destination[done..count]);
        }
        catch (CobblestoneException)
        {
            destination[..count].Clear();
            throw;
        }
        return count;
    }

    /// <summary>Reads from <paramref name="distance"/> bytes before the message's end on, once that end is proved.</summary>
    /// <param name="distance">From 0 to the message's length.</param>
    /// <param name="destination">Filled as by <see cref="Read"/>.</param>
    /// <returns>Bytes read.</returns>
    public int ReadFromEnd(long distance, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(distance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(distance, AuthenticLength());
        return Read(ClaimedLength - distance, destination);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_plain);
        _records.Dispose();
    }

    private int ReadFromRecord(long offset, Span<byte> destination)
    {
        var (record, within) = Math.DivRem(offset, Cobblestone.RecordSize);
        var length = PlainSize(record);
        if (within == 0 && destination.Length >= length && record != _cached)
        {
            Decrypt(record, destination[..length]);
            return length;
        }
        Load(record);
        var taken = Math.Min(destination.Length, length - (int)within);
        _plain.AsSpan((int)within, taken).CopyTo(destination);
        return taken;
    }

    private void Load(long record)
    {
        if (record == _cached)
            return;
        _cached = -1;
        Decrypt(record, _plain.AsSpan(0, PlainSize(record)));
        _cached = record;
    }

    private void Decrypt(long record, Span<byte> plain)
    {
        var cipher = _cipher.AsSpan(0, plain.Length + Cobblestone.TagSize);
        ReadExactly(_readAt, Cobblestone.HeaderSize + (record * Cobblestone.CipherRecordSize), cipher);
        _records.Open(record, cipher, plain);
    }

    private int PlainSize(long record) => (int)Math.Min(Cobblestone.RecordSize, ClaimedLength - (record * Cobblestone.RecordSize));

    private static void ReadExactly(ReadAt readAt, long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = readAt(offset, destination);
            if (read == 0)
                throw CobblestoneException.Truncated(offset);
            offset += read;
            destination = destination[read..];
        }
    }
}
