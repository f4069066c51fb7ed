using System.Collections.Immutable;

namespace Lucid.Client;

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
/// <param name="RecoveryCodesLeft">How many of them were not used yet.</param>
public sealed record MailLoginAnswer(LoginAnswer Login, ImmutableArray<string> RecoveryCodes, int? RecoveryCodesLeft = null)
{
    /// <summary>Without the codes.</summary>
    public override string ToString() => Login.ToString();
}

/// <summary>Recovery codes. Secret.</summary>
/// <param name="RecoveryCodes">Each replaces the authenticator once.</param>
public sealed record RecoveryCodeList(ImmutableArray<string> RecoveryCodes)
{
    /// <summary>Without the codes.</summary>
    public override string ToString() => nameof(RecoveryCodeList);
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
/// <param name="RecoveryCodesLeft">How many recovery codes were not used yet; null for whoever does not sign in by mail.</param>
public sealed record AuthStatus(string UserId, string Role, Guid? LoginId, ImmutableArray<string> Permissions, int? RecoveryCodesLeft = null);

internal sealed record ChallengeRequest(string Address, HardwareWallet? HardwareWallet = null);

internal sealed record ChallengeAnswer(string Message);

internal sealed record MailRequest(string Email);

internal sealed record MailAsked(string Status);

internal sealed record LinkRequest(string Link)
{
    /// <summary>Without the link.</summary>
    public override string ToString() => nameof(LinkRequest);
}

internal sealed record CodeRequest(string Code)
{
    /// <summary>Without the code.</summary>
    public override string ToString() => nameof(CodeRequest);
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
