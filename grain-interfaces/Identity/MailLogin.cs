using System.Collections.Immutable;
using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>A link that is mailed to a user: whoever has it reads their mail.</summary>
/// <param name="Link">The id that it gets: new, a UUIDv7.</param>
/// <param name="Secret">SHA-256 of the secret in it.</param>
public sealed record MailLink(Guid Link, Hash256 Secret);

/// <summary>A link that came back, and the code that came with it.</summary>
/// <param name="Code">Six digits of the user's authenticator, or one of their recovery codes.</param>
/// <param name="Login">The id that the login gets: new, a UUIDv7.</param>
/// <param name="Refresh">SHA-256 of its first refresh token.</param>
/// <param name="Family">SHA-256 of what all its refresh tokens have in common.</param>
/// <param name="RecoverySeed">32 random bytes, of which the recovery codes are made where this is the first login: the same again gives the same codes. Secret.</param>
public sealed record MailSignIn(MailLink Link, string Code, Guid Login, Hash256 Refresh, Hash256 Family, LoginOrigin From, ReadOnlyMemory<byte> RecoverySeed);

/// <param name="RecoveryCodes">Told by the first login, when the second factor is used for the first time; empty else. Secret.</param>
public sealed record MailLoginOpened(LoginOpened Login, ImmutableArray<string> RecoveryCodes)
{
    /// <summary>How many of the recovery codes were not used yet; null from a silo that does not tell.</summary>
    public int? RecoveryCodesLeft { get; init; }

    /// <summary>Whether it was one of them that came instead of the authenticator's code.</summary>
    public bool ByRecoveryCode { get; init; }
}

/// <summary>Wants other recovery codes.</summary>
/// <param name="Code">Six digits of the user's authenticator; no recovery code.</param>
/// <param name="Seed">32 random bytes, of which the codes are made: the same again gives the same codes. Secret.</param>
public sealed record RenewRecoveryCodes(string Code, ReadOnlyMemory<byte> Seed);

/// <summary>Recovery codes, of which each replaces the authenticator once. Secret.</summary>
public sealed record RecoveryCodeList(ImmutableArray<string> RecoveryCodes)
{
    /// <summary>Without the codes, so that no log ever shows them.</summary>
    public override string ToString() => $"{RecoveryCodes.Length} recovery codes";
}

/// <summary>What an authenticator app is given, until its first code has shown that it has it.</summary>
/// <param name="Secret">Base32, for typing. Secret.</param>
/// <param name="Uri">The same as otpauth URI, for a QR code. Secret.</param>
public sealed record SecondFactorOffer(string Secret, string Uri)
{
    /// <summary>Without the secret, so that no log ever shows it.</summary>
    public override string ToString() => "a second factor";
}
