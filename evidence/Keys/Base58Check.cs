using System.Security.Cryptography;

namespace Lucid.Evidence.Keys;

/// <summary>
/// Base58Check: bytes and the first four of their double SHA-256, as digits to the base 58 without 0, O, I and l; every zero byte in front
/// is a digit 1 (the Bitcoin wiki's "Base58Check encoding"). Every payload has one text: white space, other digits and a text that is too long are refused.
/// </summary>
public static class Base58Check
{
    /// <summary>Most bytes of a payload: the conversion takes time by the square of it.</summary>
    public const int MaxPayload = 128;

    /// <summary>Most characters of a text: as many as <see cref="MaxPayload"/> bytes and their checksum can need.</summary>
    public const int MaxLength = 181;

    private const string Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const int ChecksumSize = 4;

    /// <param name="payload">At most <see cref="MaxPayload"/> bytes.</param>
    public static string Encode(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayload)
            throw new ArgumentException($"Base58Check here takes at most {MaxPayload} bytes, not {payload.Length}.", nameof(payload));
        Span<byte> bytes = stackalloc byte[payload.Length + ChecksumSize];
        payload.CopyTo(bytes);
        Checksum(payload, bytes[payload.Length..]);

        Span<char> text = stackalloc char[MaxLength];
        var start = text.Length;
        var zeros = bytes.IndexOfAnyExcept((byte)0) is var first and >= 0 ? first : bytes.Length;
        var rest = bytes[zeros..];
        while (rest.Length > 0)
        {
            // Divides the number in place by 58; what remains is its last digit.
            var remainder = 0;
            for (var i = 0; i < rest.Length; i++)
            {
                remainder = (remainder << 8) | rest[i];
                rest[i] = (byte)(remainder / 58);
                remainder %= 58;
            }
            text[--start] = Digits[remainder];
            rest = rest.TrimStart((byte)0);
        }
        start -= zeros;
        text.Slice(start, zeros).Fill(Digits[0]);
        return text[start..].ToString();
    }

    /// <summary>The payload of a text that <see cref="Encode"/> can have made.</summary>
    /// <exception cref="MalformedException">Any other text; the message says what is wrong with it.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text) => Read(text, out var problem) ?? throw new MalformedException("Base58Check", problem!);

    /// <summary>As <see cref="Decode"/>, but gives null for any other text, and says in <paramref name="problem"/> what is wrong with it.</summary>
    public static byte[]? Read(ReadOnlySpan<char> text, out string? problem)
    {
        problem = FindProblem(text, out var payload);
        return problem is null ? payload : null;
    }

    private static string? FindProblem(ReadOnlySpan<char> text, out byte[] payload)
    {
        payload = [];
        if (text.Length > MaxLength)
            return $"a text of {text.Length} characters; {MaxLength} are the most";
        Span<byte> bytes = stackalloc byte[MaxLength];
        var start = bytes.Length;
        for (var i = 0; i < text.Length; i++)
        {
            var carry = Digits.IndexOf(text[i], StringComparison.Ordinal);
            if (carry < 0)
                return $"character {i + 1} is none of its digits (0, O, I, l and white space are not)";
            for (var j = bytes.Length - 1; j >= start || carry > 0; j--)
            {
                carry += 58 * bytes[j];
                bytes[j] = (byte)carry;
                carry >>= 8;
                start = Math.Min(start, j);
            }
        }
        // Digits 1 in front are zero bytes, and multiplied nothing: the number above starts behind them.
        start = bytes.IndexOfAnyExcept((byte)0) is var first and >= 0 ? first : bytes.Length;
        start -= text.IndexOfAnyExcept(Digits[0]) is var ones and >= 0 ? ones : text.Length;
        if (start < 0 || bytes.Length - start is < ChecksumSize or > MaxPayload + ChecksumSize)
            return $"it holds {bytes.Length - start} bytes; a payload of 0 to {MaxPayload} and {ChecksumSize} of a checksum belong there";
        var content = bytes[start..^ChecksumSize];
        Span<byte> checksum = stackalloc byte[ChecksumSize];
        Checksum(content, checksum);
        if (!checksum.SequenceEqual(bytes[^ChecksumSize..]))
            return "its checksum is not that of its content: a character is wrong or missing";
        payload = content.ToArray();
        return null;
    }

    private static void Checksum(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        SHA256.HashData(hash, hash);
        hash[..ChecksumSize].CopyTo(destination);
    }
}
