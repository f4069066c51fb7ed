using System.Buffers.Text;
using System.Security.Cryptography;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>A public key for ES256 as RFC 7517 and RFC 7518 section 6.2.1 describe it: kty EC, crv P-256, use sig, alg ES256.</summary>
public sealed record JsonWebKey
{
    /// <summary>Characters of a name at most. Ours are thumbprints and have 43.</summary>
    public const int MaxKeyIdLength = 64;

    /// <param name="keyId">kid: 1 to 64 characters of printable ASCII without space, quotation mark and backslash.</param>
    /// <param name="x">32 bytes in base64url without padding, as is <paramref name="y"/>.</param>
    /// <exception cref="FormatException">One of them is not that.</exception>
    public JsonWebKey(string keyId, string x, string y)
    {
        if (keyId.Length is 0 or > MaxKeyIdLength || keyId.AsSpan().ContainsAnyExceptInRange('!', '~') || keyId.AsSpan().ContainsAny('"', '\\'))
            throw new FormatException($"A key's name has 1 to {MaxKeyIdLength} printable characters.");
        if (!KeyThumbprint.IsCoordinate(x) || !KeyThumbprint.IsCoordinate(y))
            throw new FormatException("A coordinate has 32 bytes in base64url without padding.");
        (KeyId, X, Y) = (keyId, x, y);
    }

    public string KeyId { get; }
    public string X { get; }
    public string Y { get; }

    /// <summary>The public half of a P-256 key, named by its thumbprint.</summary>
    public static JsonWebKey Of(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        return new JsonWebKey(KeyThumbprint.Of(x, y), x, y);
    }

    internal ECParameters ToParameters() => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) },
    };
}
