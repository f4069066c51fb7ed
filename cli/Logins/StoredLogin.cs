namespace Lucid.Cli.Logins;

/// <summary>A login as it is kept between commands. Secret: whoever has it is the user until it ends.</summary>
internal sealed record StoredLogin
{
    /// <summary>Scheme, host and port of the node: tokens are shown there, and nowhere else.</summary>
    public required string Origin { get; init; }

    public required string UserId { get; init; }
    public required string Role { get; init; }
    public required Guid LoginId { get; init; }
    public required string AccessToken { get; init; }

    /// <summary>From when on the access token is renewed, by the clock of this machine: the node's may be another.</summary>
    public required DateTimeOffset RenewAt { get; init; }

    public required string RefreshToken { get; init; }
    public required DateTimeOffset RefreshExpiresAt { get; init; }

    public static StoredLogin Of(Uri url, LoginAnswer answer, DateTimeOffset now) => new()
    {
        Origin = OriginOf(url),
        UserId = answer.UserId,
        Role = answer.Role,
        LoginId = answer.LoginId,
        AccessToken = answer.AccessToken,
        RenewAt = answer.RenewAt(now),
        RefreshToken = answer.RefreshToken,
        RefreshExpiresAt = answer.RefreshExpiresAt,
    };

    public bool IsFresh(DateTimeOffset now) => now < RenewAt;

    public static string OriginOf(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>Without the tokens, so that no log ever shows them.</summary>
    public override string ToString() => $"login {LoginId} of {UserId} at {Origin}";
}
