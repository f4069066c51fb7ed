using System.Buffers;
using System.Buffers.Text;

namespace Lucid.Evidence.Notes;

/// <summary>
/// Base 64 as RFC 4648, section 4, in its one canonical form: padded, without white space, unused bits zero. The decoders of .NET
/// forgive all three, and then two texts would mean the same bytes.
/// </summary>
internal static class CanonicalBase64
{
    /// <summary>The bytes that <paramref name="text"/> (ASCII) is the canonical encoding of; false for any other text.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 != 0)
            return false;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, decoded, out var consumed, out var written) != OperationStatus.Done || consumed != text.Length)
            return false;
        if (Base64.GetMaxEncodedToUtf8Length(written) != text.Length || !LastGroupIsCanonical(text, decoded.AsSpan(0, written)))
            return false;
        bytes = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }

    /// <summary>As <see cref="TryDecode"/>, for exactly one hash.</summary>
    public static bool TryDecodeHash(ReadOnlySpan<byte> text, out Hash256 hash)
    {
        var ok = TryDecode(text, out var bytes) && bytes.Length == Hash256.Size;
        hash = ok ? new Hash256(bytes) : default;
        return ok;
    }

    // With the length as it must be there was no white space; only the bits that the last group leaves unused may still differ.
    private static bool LastGroupIsCanonical(ReadOnlySpan<byte> text, ReadOnlySpan<byte> bytes)
    {
        var tail = bytes.Length % 3;
        if (tail == 0)
            return true;
        Span<byte> group = stackalloc byte[4];
        Base64.EncodeToUtf8(bytes[^tail..], group, out _, out _);
        return text[^4..].SequenceEqual(group);
    }
}
