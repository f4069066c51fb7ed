using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence.Notes;

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
        return text.Length == Length && CanonicalBase64Url.TryDecode(text, bytes, out var written) && written == bytes.Length;
    }
}
