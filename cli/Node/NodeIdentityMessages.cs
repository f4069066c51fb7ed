using System.Collections.Immutable;

namespace Lucid.Cli.Node;

internal sealed record ChallengeRequest(string Address);

/// <param name="Message">What the wallet is to sign, as it is.</param>
internal sealed record ChallengeAnswer(string Message);

/// <param name="Signature">130 hexadecimal digits.</param>
internal sealed record LoginRequest(string Address, string Message, string Signature);

internal sealed record MailRequest(string Email);

internal sealed record MailAsked(string Status);

internal sealed record LinkRequest(string Link)
{
    /// <summary>Without the link.</summary>
    public override string ToString() => nameof(LinkRequest);
}

/// <param name="Secret">Base32, for an authenticator app.</param>
/// <param name="Uri">The same as otpauth URI.</param>
internal sealed record FactorOffer(string Secret, string Uri)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(FactorOffer);
}

internal sealed record MailLoginRequest(string Link, string Code)
{
    /// <summary>Without either.</summary>
    public override string ToString() => nameof(MailLoginRequest);
}

/// <param name="RecoveryCodes">Told once, by the first login.</param>
internal sealed record MailLoginAnswer(LoginAnswer Login, ImmutableArray<string> RecoveryCodes)
{
    /// <summary>Without the codes.</summary>
    public override string ToString() => Login.ToString();
}

internal sealed record RefreshRequest(string RefreshToken)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => nameof(RefreshRequest);
}

internal sealed record BootstrapRequest(string Secret, string Address)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{nameof(BootstrapRequest)} of {Address}";
}

/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
internal sealed record LoginAnswer(
    string AccessToken, long ExpiresIn, string RefreshToken, DateTimeOffset RefreshExpiresAt, string UserId, string Role, Guid LoginId)
{
    /// <summary>Without the tokens.</summary>
    public override string ToString() => $"login {LoginId} of {UserId}";
}

/// <param name="LoginId">None with the node's own token, or a program's.</param>
internal sealed record AuthStatus(string UserId, string Role, Guid? LoginId, ImmutableArray<string> Permissions);

internal sealed record LoginView(Guid LoginId, string Client, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

internal sealed record LoginList(ImmutableArray<LoginView> Logins);

internal sealed record TokenRequest(string Name, long? LifeSeconds, Guid? SessionId);

internal sealed record TokenView(Guid TokenId, string Name, Guid? SessionId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

internal sealed record TokenList(ImmutableArray<TokenView> Tokens);

/// <param name="Token">Told once.</param>
internal sealed record TokenMade(string Token, TokenView Made)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"token {Made.TokenId}";
}

internal sealed record AdmitRequest(string? Address, string? Email, string? Role);

internal sealed record SuspendRequest(string Reason);

/// <summary>A user as the node tells them.</summary>
internal sealed record UserView
{
    public static readonly string[] Roles = ["user", "node_operator", "admin", "super_admin"];
    public static readonly string[] States = ["active", "suspended"];

    public required string UserId { get; init; }
    public required string Role { get; init; }
    public required string Status { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public DateTimeOffset? LastLoginAt { get; init; }
    public string? Reason { get; init; }
}

internal sealed record UserPage(ImmutableArray<UserView> Users, Pagination Pagination);

/// <param name="Auditor">A user's id.</param>
internal sealed record ShareView(string Auditor, DateTimeOffset ExpiresAt);

internal sealed record ShareList(ImmutableArray<ShareView> Shares);
