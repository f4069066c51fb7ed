using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>A hardware wallet.</summary>
/// <param name="Type">ledger, trezor or keepkey.</param>
/// <param name="Path">Where it derives the key from, such as m/44'/195'/0'/0/0.</param>
public sealed record HardwareWallet(string Type, string Path);

/// <summary>Whether the caller has signed in with one.</summary>
/// <param name="Status">none or connected.</param>
/// <param name="Type">As <see cref="HardwareWallet"/> has it.</param>
/// <param name="Path">As <see cref="HardwareWallet"/> has it.</param>
public sealed record HardwareStatus(string Status, string? Type, string? Path);

/// <summary>What a wallet has signed.</summary>
/// <param name="Address">The wallet's.</param>
/// <param name="Message">Exactly what <see cref="AuthClient.GetChallengeAsync"/> answered.</param>
/// <param name="Signature">130 hexadecimal digits, as signMessageV2 gives them.</param>
/// <param name="HardwareWallet">Which hardware wallet it was; null for any other.</param>
public sealed record LoginRequest(string Address, string Message, string Signature, HardwareWallet? HardwareWallet = null);

/// <summary>An authenticator to set up. Secret.</summary>
/// <param name="Secret">Base32, for an authenticator app.</param>
/// <param name="Uri">The same as otpauth URI.</param>
public sealed record FactorOffer(string Secret, string Uri)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(FactorOffer);
}

/// <summary>What somebody signs in with who has no wallet. Secret.</summary>
/// <param name="Link">From the mail, what stands behind --link.</param>
/// <param name="Code">Six digits of the authenticator, or a recovery code.</param>
public sealed record MailLoginRequest(string Link, string Code)
{
    /// <summary>Without either.</summary>
    public override string ToString() => nameof(MailLoginRequest);
}

/// <summary>A login by mail. Secret.</summary>
/// <param name="Login">As from a wallet.</param>
/// <param name="RecoveryCodes">Each replaces the authenticator once. Told once, by the first login.</param>
public sealed record MailLoginAnswer(LoginAnswer Login, ImmutableArray<string> RecoveryCodes)
{
    /// <summary>Without the codes.</summary>
    public override string ToString() => Login.ToString();
}

/// <summary>A login. Secret: whoever has it is the user until it ends.</summary>
/// <param name="AccessToken">What is shown with requests, for 15 minutes.</param>
/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
/// <param name="RefreshToken">What is exchanged for the next login answer, once.</param>
/// <param name="RefreshExpiresAt">When the login ends in any case.</param>
/// <param name="UserId">Who has signed in.</param>
/// <param name="Role">What they are: user, node_operator, admin or super_admin.</param>
/// <param name="LoginId">The login's name.</param>
/// <param name="ExpiresAt">When the access token expires, by the node's clock.</param>
/// <param name="TokenType">Bearer.</param>
public sealed record LoginAnswer(
    string AccessToken, long ExpiresIn, string RefreshToken, DateTimeOffset RefreshExpiresAt, string UserId, string Role, Guid LoginId, DateTimeOffset ExpiresAt = default,
    string TokenType = "Bearer")
{
    /// <summary>Before it expires, an access token is renewed: what a request takes on its way must not be what it is refused for.</summary>
    private static readonly TimeSpan _margin = TimeSpan.FromSeconds(60);

    /// <summary>From when on the access token should be renewed, by the clock here: the node's may be another.</summary>
    /// <param name="now">When the answer came.</param>
    public DateTimeOffset RenewAt(DateTimeOffset now)
    {
        var life = TimeSpan.FromSeconds(ExpiresIn);
        // Of a token that lives for a minute, half: else it would be renewed for every request.
        return now + life - (life < 2 * _margin ? life / 2 : _margin);
    }

    /// <summary>Without the tokens.</summary>
    public override string ToString() => $"login {LoginId} of {UserId}";
}

/// <summary>As whom the node knows the caller.</summary>
/// <param name="UserId">Who they are.</param>
/// <param name="Role">user, node_operator, admin or super_admin.</param>
/// <param name="LoginId">None with the node's own token, or a program's.</param>
/// <param name="Permissions">What they may do; docs/permissions.md lists all.</param>
public sealed record AuthStatus(string UserId, string Role, Guid? LoginId, ImmutableArray<string> Permissions);

/// <summary>An open login.</summary>
/// <param name="LoginId">Its name.</param>
/// <param name="Client">The program that signed in.</param>
/// <param name="Address">Where from.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="LastUsedAt">When it was renewed last.</param>
/// <param name="ExpiresAt">When it ends in any case.</param>
public sealed record LoginView(Guid LoginId, string Client, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

/// <summary>Open logins.</summary>
/// <param name="Logins">At most 5.</param>
public sealed record LoginList(ImmutableArray<LoginView> Logins);

/// <summary>A token for a program to be.</summary>
/// <param name="Name">What it is known by: 1 to 100 characters.</param>
/// <param name="LifeSeconds">How long it is good for, up to 366 days; null for that.</param>
/// <param name="SessionId">The one session that it may record and view; null for whatever its maker may do.</param>
public sealed record TokenRequest(string Name, long? LifeSeconds = null, Guid? SessionId = null);

/// <summary>A token for a program, without what it shows.</summary>
/// <param name="TokenId">Its name to all machines.</param>
/// <param name="Name">What it is known by.</param>
/// <param name="SessionId">The one session that it is for; null for all.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record TokenView(Guid TokenId, string Name, Guid? SessionId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Tokens for programs.</summary>
/// <param name="Tokens">The newest first.</param>
public sealed record TokenList(ImmutableArray<TokenView> Tokens);

/// <summary>A new token for a program. Secret.</summary>
/// <param name="Token">Told once; see <see cref="TokenCredential"/>.</param>
/// <param name="Made">What is known of it later.</param>
public sealed record TokenMade(string Token, TokenView Made)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"token {Made.TokenId}";
}

/// <summary>A JSON Web Key Set (RFC 7517).</summary>
/// <param name="Keys">Those that sign access tokens, and the next one.</param>
public sealed record JsonWebKeys(ImmutableArray<JsonWebKey> Keys);

/// <summary>A public key of ES256 (RFC 7518).</summary>
/// <param name="Kty">EC.</param>
/// <param name="Crv">P-256.</param>
/// <param name="X">Base64url.</param>
/// <param name="Y">Base64url.</param>
/// <param name="Use">sig.</param>
/// <param name="Alg">ES256.</param>
/// <param name="Kid">What tokens name it by.</param>
public sealed record JsonWebKey(string Kty, string Crv, string X, string Y, string Use, string Alg, string Kid);

internal sealed record ChallengeRequest(string Address, HardwareWallet? HardwareWallet = null);

internal sealed record ChallengeAnswer(string Message);

internal sealed record MailRequest(string Email);

internal sealed record MailAsked(string Status);

internal sealed record LinkRequest(string Link)
{
    /// <summary>Without the link.</summary>
    public override string ToString() => nameof(LinkRequest);
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
