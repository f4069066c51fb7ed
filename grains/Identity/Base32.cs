using System.Diagnostics.CodeAnalysis;

namespace Lucid.Grains.Identity;

/// <summary>Base32 (RFC 4648, section 6) in capitals and without padding, as authenticator apps take secrets.</summary>
public static class Base32
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[(8 * bytes.Length + 4) / 5];
        for (var i = 0; i < text.Length; i++)
        {
            // Five bits from bit 5 * i on, which may reach into the next byte; behind the last one stand zeros.
            var (index, shift) = (5 * i / 8, 5 * i % 8);
            var pair = (bytes[index] << 8) | (index + 1 < bytes.Length ? bytes[index + 1] : 0);
            text[i] = Digits[(pair >> (11 - shift)) & 31];
        }
        return new string(text);
    }

    /// <summary>Reads what <see cref="Encode"/> can have written, and nothing else.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var decoded = new byte[5 * text.Length / 8];
        var (bits, count, written) = (0, 0, 0);
        foreach (var character in text)
        {
            var digit = Digits.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0)
                return false;
            (bits, count) = (((bits << 5) | digit) & 0xfff, count + 5);
            if (count >= 8)
            {
                count -= 8;
                decoded[written++] = (byte)(bits >> count);
            }
        }
        // What is left must be the zeros that filled the last digit: fewer than five of them, or a digit too many was read.
        if (count >= 5 || (bits & ((1 << count) - 1)) != 0)
            return false;
        bytes = decoded;
        return true;
    }
}
