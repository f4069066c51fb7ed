using System.Buffers;
using System.Buffers.Text;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2) in its one spelling: no padding, no white space, and no bits that count
/// for nothing in the last character, which would let a token be altered without a trace.
/// </summary>
internal static class CanonicalBase64Url
{
    private const int MaxStack = 4096;

    /// <param name="text">At most 4 KiB.</param>
    /// <param name="into">Room for three quarters of the text.</param>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> into, out int written)
    {
        written = 0;
        if (text.Length > MaxStack || Base64Url.DecodeFromUtf8(text, into, out var read, out written) != OperationStatus.Done || read != text.Length)
            return false;
        Span<byte> again = stackalloc byte[MaxStack];
        return Base64Url.EncodeToUtf8(into[..written], again) == text.Length && again[..text.Length].SequenceEqual(text);
    }
}
