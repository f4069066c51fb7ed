using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>A P-256 key that signs access tokens. Its name is its RFC 7638 thumbprint.</summary>
public sealed class TokenSigner : IDisposable
{
    private readonly Lock _turn = new();

    // Used under the lock: an ECDsa promises nothing to two threads at once, and signing is what a login does once.
    private readonly ECDsa _key;
    private readonly string _header;

    private TokenSigner(ECDsa key)
    {
        _key = key;
        PublicKey = JsonWebKey.Of(key);
        _header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"typ":"at+jwt","alg":"ES256","kid":"{{PublicKey.KeyId}}"}"""));
    }

    public JsonWebKey PublicKey { get; }

    public static TokenSigner Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads what <see cref="ExportPem"/> wrote, and nothing else: not even the same key in another spelling.</summary>
    /// <exception cref="CryptographicException">Not such a key. The message quotes nothing of it.</exception>
    public static TokenSigner FromPem(ReadOnlySpan<char> pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            // Whatever is damaged would come out another way; a private half of another key signs what the public one does not verify.
            var probe = SHA256.HashData("probe"u8);
            if (key.KeySize == 256 && key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value &&
                pem.SequenceEqual(Export(key)) && key.VerifyHash(probe, key.SignHash(probe)))
                return new TokenSigner(key);
        }
        catch (Exception damage) when (damage is ArgumentException or CryptographicException or NotSupportedException)
        {
            // Said below, without what the framework says of the key's bytes.
        }
        key.Dispose();
        throw new CryptographicException("not a P-256 key in PKCS #8 as it was written");
    }

    /// <summary>PKCS #8 (RFC 5958) in PEM. Secret.</summary>
    public string ExportPem() => Export(_key);

    /// <exception cref="ArgumentException">Issuer or subject cannot stand in a token.</exception>
    public string Sign(AccessToken token) => Sign(AccessTokenClaims.Write(token));

    /// <summary>Any payload as an access token: for tests of those that say something else.</summary>
    internal string Sign(ReadOnlySpan<byte> payload)
    {
        var text = $"{_header}.{Base64Url.EncodeToString(payload)}";
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(text));
        lock (_turn)
            return $"{text}.{Base64Url.EncodeToString(_key.SignHash(hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
    }

    public void Dispose() => _key.Dispose();

    private static string Export(ECDsa key) => key.ExportPkcs8PrivateKeyPem() + "\n";
}
