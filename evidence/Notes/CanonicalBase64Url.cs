using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Lucid.Evidence.Notes;

/// <summary>
/// Base64url (RFC 4648 section 5, RFC 7515 section 2) in its one spelling: no padding, no white space, and no bits that count for nothing in the
/// last character, which would let a token be altered without a trace. The decoders of .NET forgive all three.
/// </summary>
public static class CanonicalBase64Url
{
    /// <summary>Characters of a text at most.</summary>
    public const int MaxLength = 4096;

    /// <summary>The bytes that <paramref name="text"/> (ASCII) is the one spelling of.</summary>
    /// <param name="text">Of any length; a longer one than <see cref="MaxLength"/> is refused.</param>
    /// <param name="into">Room for the bytes: three quarters of the text.</param>
    /// <param name="written">Bytes written.</param>
    /// <returns>Whether it is that; what was written counts for nothing otherwise.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> into, out int written)
    {
        written = 0;
        if (text.Length > MaxLength || Base64Url.DecodeFromUtf8(text, into, out var read, out written) != OperationStatus.Done || read != text.Length)
            return false;
        Span<byte> again = stackalloc byte[MaxLength];
        return Base64Url.EncodeToUtf8(into[..written], again) == text.Length && again[..text.Length].SequenceEqual(text);
    }

    /// <inheritdoc cref="TryDecode(ReadOnlySpan{byte}, Span{byte}, out int)"/>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> into, out int written)
    {
        written = 0;
        Span<byte> ascii = stackalloc byte[MaxLength];
        return text.Length <= MaxLength && Ascii.FromUtf16(text, ascii, out var length) == OperationStatus.Done && TryDecode(ascii[..length], into, out written);
    }
}
