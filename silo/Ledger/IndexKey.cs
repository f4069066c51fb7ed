using System.Buffers.Binary;
using System.Security.Cryptography;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Ledger;

namespace Lucid.Silo.Ledger;

/// <summary>
/// An entry's key as the index orders it: the session's id first, big-endian, since these begin with a time and so new ones come last. Then
/// the first half of the recorder key's SHA-256 (128 bits: with 64 someone could make two keys that the index takes for one), and the kind.
/// </summary>
internal static class IndexKey
{
    public const int Size = 16 + 16 + 1;

    public static void Write(Span<byte> key, Guid session, ReadOnlySpan<byte> recorder, LedgerEntryKind kind)
    {
        _ = session.TryWriteBytes(key, bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(recorder, hash);
        hash[..16].CopyTo(key[16..]);
        key[32] = (byte)kind;
    }

    /// <summary>The checksum in an entry's row.</summary>
    public static long Sum(ReadOnlySpan<byte> key, ulong place, ulong height)
    {
        Span<byte> numbers = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(numbers, place);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[sizeof(ulong)..], height);
        return Crc32.Append(Crc32.Of(key), numbers);
    }
}
