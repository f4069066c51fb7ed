using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>What a P-256 key is called: the SHA-256 of its members in their order (RFC 7638), in base64url.</summary>
public static class KeyThumbprint
{
    /// <summary>Characters of a coordinate, and of a thumbprint: 32 bytes in base64url without padding.</summary>
    public const int Length = 43;

    /// <param name="x">32 bytes in base64url without padding, as is <paramref name="y"/>.</param>
    public static string Of(string x, string y)
    {
        // The members in the order of their names, without white space: section 3.2 and 3.3.
        var members = Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""");
        return Base64Url.EncodeToString(SHA256.HashData(members));
    }

    /// <summary>Whether a text is the one spelling of 32 bytes in base64url.</summary>
    public static bool IsCoordinate(string text)
    {
        Span<byte> bytes = stackalloc byte[32];
        Span<char> again = stackalloc char[Length];
        return text.Length == Length && Base64Url.DecodeFromChars(text, bytes, out var read, out var written) == OperationStatus.Done && read == Length && written == 32 &&
            Base64Url.EncodeToChars(bytes, again) == Length && again.SequenceEqual(text);
    }
}
