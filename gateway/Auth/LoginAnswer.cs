using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Auth;

/// <summary>What somebody gets who has signed in.</summary>
/// <param name="AccessToken">For the header Authorization, as Bearer. Secret.</param>
/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
/// <param name="RefreshToken">Exchanged for the next pair, once. Secret.</param>
/// <param name="LoginId">Names this login among the user's.</param>
internal sealed record LoginAnswer(
    string AccessToken, string TokenType, long ExpiresIn, DateTimeOffset ExpiresAt, string RefreshToken, DateTimeOffset RefreshExpiresAt, string UserId, Role Role, Guid LoginId)
{
    /// <summary>Without the tokens, so that no log ever shows them.</summary>
    public override string ToString() => $"login {LoginId} of {UserId}";
}
