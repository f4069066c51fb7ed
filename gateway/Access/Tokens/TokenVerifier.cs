using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>Verifies access tokens of one issuer. Whether one was revoked, it does not know.</summary>
public sealed class TokenVerifier(string issuer)
{
    /// <param name="text">The token as it was sent, in ASCII.</param>
    /// <param name="token">What it says, where it is <see cref="TokenVerdict.Accepted"/> or was so once; else null.</param>
    public TokenVerdict Verify(ReadOnlySpan<byte> text, VerificationKeys keys, DateTimeOffset now, out AccessToken? token)
    {
        token = null;
        Span<byte> payload = stackalloc byte[JsonWebSignature.MaxLength];
        var verdict = JsonWebSignature.Verify(text, keys, now, payload, out var length, out var isAccessToken);
        if (verdict != TokenVerdict.Accepted)
            return verdict;
        // Signed by us, and yet nothing that we sign: another kind of text must not pass for a token (RFC 8725 section 3.11).
        if (!isAccessToken || AccessTokenClaims.Read(payload[..length], issuer) is not { } read || !IsOfAcceptableLife(read))
            return TokenVerdict.Malformed;
        if (read.Issuer != issuer)
            return TokenVerdict.WrongIssuer;
        token = read;
        return At(read, now);
    }

    /// <summary>Whether a token whose signature was verified is good now: nothing else about it changes with time.</summary>
    public static TokenVerdict At(AccessToken token, DateTimeOffset now) =>
        token.NotBefore > now + Revocation.ClockSkew || token.Issued > now + Revocation.ClockSkew ? TokenVerdict.NotYetValid
        : token.Expires + Revocation.ClockSkew <= now ? TokenVerdict.Expired
        : TokenVerdict.Accepted;

    /// <summary>One that outlives what revocations are kept for would be good again after them.</summary>
    private static bool IsOfAcceptableLife(AccessToken token) =>
        token.Expires > token.Issued && token.Expires - token.Issued <= Revocation.MaxTokenLife && token.NotBefore < token.Expires;
}
