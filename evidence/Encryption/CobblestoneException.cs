using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>What is wrong with a ciphertext.</summary>
public enum CobblestoneFault
{
    /// <summary>The commitment is not that of this key, salt and context: another key, another context, or an altered header.</summary>
    WrongKeyOrContext,

    /// <summary>One record is not what was encrypted at its place; <see cref="CobblestoneException.Record"/> says which.</summary>
    AlteredRecord,

    /// <summary>The length is none that encryption produces, so bytes are missing or too many; nothing was decrypted.</summary>
    Truncated,
}

/// <summary>
/// A Cobblestone ciphertext that cannot be decrypted. No plaintext of the faulty part was released. With
/// <see cref="CobblestoneFault.WrongKeyOrContext"/> the caller looks for another key; with the other two it reports the part as bad.
/// </summary>
public sealed class CobblestoneException : CryptographicException
{
    private CobblestoneException(CobblestoneFault fault, long? record, string message) : base(message)
    {
        Fault = fault;
        Record = record;
    }

    /// <summary>What is wrong.</summary>
    public CobblestoneFault Fault { get; }

    /// <summary>The number, from 0, of the 16 KiB record that is bad; null with the other faults.</summary>
    public long? Record { get; }

    internal static CobblestoneException WrongKeyOrContext() => new(
        CobblestoneFault.WrongKeyOrContext,
        null,
        "The ciphertext was made with another key or context, or its first 56 bytes were altered.");

    internal static CobblestoneException Altered(long record, bool last) => new(
        CobblestoneFault.AlteredRecord,
        record,
        last
            ? $"Record {record}, the last, is not what was encrypted there: it was altered, or the ciphertext was cut off or lengthened."
            : $"Record {record} is not what was encrypted there.");

    internal static CobblestoneException Truncated(long length) => new(
        CobblestoneFault.Truncated, null, $"No ciphertext has {length} bytes: it was cut off or lengthened.");
}
