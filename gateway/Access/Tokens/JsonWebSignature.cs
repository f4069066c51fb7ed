using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence.Notes;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Signatures in compact serialisation (RFC 7515 section 7.1) with ES256 (RFC 7518 section 3.4), over any payload. What the header may say is
/// alg, kid and typ: a parameter that is not understood, `crit` with it, refuses the whole, as does a key that the header brings along.
/// </summary>
public static class JsonWebSignature
{
    /// <summary>Characters of a signed text at most.</summary>
    public const int MaxLength = 4096;

    // 64 bytes in base64url.
    private const int SignatureLength = 86;

    // Much longer than ours, which have 85 bytes.
    private const int MaxHeaderBytes = 512;

    /// <param name="compact">header.payload.signature.</param>
    /// <param name="payload">Room for <see cref="MaxLength"/> bytes. What is there counts only where the verdict is <see cref="TokenVerdict.Accepted"/>.</param>
    /// <param name="isAccessToken">Whether the header has the type at+jwt; one without a type, or with another, has not.</param>
    public static TokenVerdict Verify(ReadOnlySpan<byte> compact, VerificationKeys keys, DateTimeOffset now, Span<byte> payload, out int length, out bool isAccessToken)
    {
        (length, isAccessToken) = (0, false);
        if (compact.Length > MaxLength || compact.IndexOf((byte)'.') is not (> 0 and var first) || compact.LastIndexOf((byte)'.') is var last && last <= first ||
            compact.Length - last - 1 != SignatureLength)
            return TokenVerdict.Malformed;
        Span<byte> header = stackalloc byte[MaxHeaderBytes];
        Span<byte> signature = stackalloc byte[VerificationKey.SignatureSize];
        // A dot between the two is no character of base64url, so there are exactly three parts.
        if (first > MaxHeaderBytes || !CanonicalBase64Url.TryDecode(compact[..first], header, out var headerLength) ||
            !CanonicalBase64Url.TryDecode(compact[(last + 1)..], signature, out _) || !CanonicalBase64Url.TryDecode(compact[(first + 1)..last], payload, out length) ||
            !TryReadHeader(header[..headerLength], out var keyId, out isAccessToken))
            return TokenVerdict.Malformed;
        if (keys.Find(keyId, now) is not { } key)
            return TokenVerdict.UnknownKey;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(compact[..last], hash);
        return key.Verifies(hash, signature) ? TokenVerdict.Accepted : TokenVerdict.BadSignature;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> keyId, out bool isAccessToken)
    {
        keyId = default;
        isAccessToken = false;
        var (hasAlgorithm, hasType) = (false, false);
        try
        {
            var reader = new Utf8JsonReader(json);
            FlatObject.Begin(ref reader);
            while (FlatObject.TryNext(ref reader, out var name, out var value, out var isNumber))
            {
                if (isNumber)
                    return false;
                if (name.SequenceEqual("alg"u8) && !hasAlgorithm && value.SequenceEqual("ES256"u8))
                    hasAlgorithm = true;
                else if (name.SequenceEqual("kid"u8) && keyId.IsEmpty && !value.IsEmpty)
                    keyId = value;
                else if (name.SequenceEqual("typ"u8) && !hasType)
                    (hasType, isAccessToken) = (true, value.SequenceEqual("at+jwt"u8));
                else
                    return false;
            }
            FlatObject.End(ref reader);
            return hasAlgorithm && !keyId.IsEmpty;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
