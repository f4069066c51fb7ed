using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>What an access token says (RFC 7519 section 4.1, and the type at+jwt of RFC 9068).</summary>
/// <param name="Issuer">iss: which network's gateways signed it.</param>
/// <param name="Subject">sub: the user's id. 1 to 256 characters of printable ASCII without quotation mark and backslash.</param>
/// <param name="Role">role: as it was when the token was issued. In snake_case on the wire.</param>
/// <param name="LoginSession">sid: the login session, by which it is revoked.</param>
/// <param name="Id">jti: no two tokens have the same.</param>
/// <param name="Issued">iat: to the millisecond, so that a token issued just after a revocation is told from those before it.</param>
/// <param name="NotBefore">nbf: to the second.</param>
/// <param name="Expires">exp: to the second, at most <see cref="Revocation.MaxTokenLife"/> after <paramref name="Issued"/>.</param>
public sealed record AccessToken(
    string Issuer, string Subject, Role Role, Guid LoginSession, Guid Id, DateTimeOffset Issued, DateTimeOffset NotBefore, DateTimeOffset Expires)
{
    /// <summary>On whose behalf whoever brings it calls.</summary>
    public Caller Caller => new(Subject, Role) { Login = LoginSession };
}
