using System.Buffers;
using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// HKDF-Expand (RFC 5869, section 2.3) with HMAC-SHA-512. The one in .NET refuses input keys shorter than the hash, and the keys of
/// C2SP chunked-encryption and of Lucid have 32 bytes; for a uniformly random key that is the counter-mode derivation of NIST SP 800-108.
/// </summary>
internal static class HkdfExpand
{
    private const int HashSize = HMACSHA512.HashSizeInBytes;

    /// <param name="key">A uniformly random key.</param>
    /// <param name="info">What the output is for.</param>
    /// <param name="output">Filled whole; at most 255 × 64 bytes.</param>
    public static void Sha512(ReadOnlySpan<byte> key, ReadOnlySpan<byte> info, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Length, 255 * HashSize, nameof(output));
        var length = HashSize + info.Length + 1;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        var input = rented.AsSpan(0, length);
        info.CopyTo(input[HashSize..]);
        Span<byte> block = stackalloc byte[HashSize];
        for (byte counter = 1; output.Length > 0; counter++)
        {
            input[^1] = counter;
            HMACSHA512.HashData(key, counter == 1 ? input[HashSize..] : input, block);
            block.CopyTo(input);
            var taken = Math.Min(HashSize, output.Length);
            block[..taken].CopyTo(output);
            output = output[taken..];
        }
        CryptographicOperations.ZeroMemory(block);
        CryptographicOperations.ZeroMemory(input);
        ArrayPool<byte>.Shared.Return(rented);
    }
}
