using System.Collections.Immutable;
using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>A login that the door has found to be in order.</summary>
/// <param name="Login">The id that it gets: new, a UUIDv7.</param>
/// <param name="Refresh">SHA-256 of its first refresh token.</param>
/// <param name="Family">SHA-256 of what all its refresh tokens have in common.</param>
/// <param name="Proof">What proved it, such as the nonce that the wallet signed: used once.</param>
/// <param name="ProofExpires">From when on the door refuses that proof by itself.</param>
/// <param name="From">Where it comes from, for the user to recognise.</param>
/// <param name="AllowsStrangers">Whether somebody whom nobody admitted becomes a user by this.</param>
public sealed record SignIn(Guid Login, Hash256 Refresh, Hash256 Family, string Proof, DateTimeOffset ProofExpires, LoginOrigin From, bool AllowsStrangers)
{
    /// <summary>The hardware wallet that signed, where it was one.</summary>
    public HardwareWallet? Hardware { get; init; }
}

/// <param name="Client">What the client says of itself, at most 200 characters.</param>
/// <param name="Address">Its IP address.</param>
public sealed record LoginOrigin(string Client, string Address);

/// <param name="Type">ledger, trezor or keepkey.</param>
/// <param name="Path">Its derivation path, such as m/44'/195'/0'/0/0.</param>
public sealed record HardwareWallet(string Type, string Path);

/// <param name="Presented">SHA-256 of the refresh token that is exchanged.</param>
/// <param name="Family">SHA-256 of what it has in common with all of its login. Whoever knows that has had one of them.</param>
/// <param name="Next">SHA-256 of the one that takes its place.</param>
public sealed record RefreshLogin(Guid Login, Hash256 Presented, Hash256 Family, Hash256 Next)
{
    /// <summary>Where it comes from, for the user to recognise; null from a gateway that does not tell.</summary>
    public LoginOrigin? From { get; init; }
}

/// <param name="User">Whose it is.</param>
/// <param name="RefreshExpires">Until when the refresh token can be exchanged, unless the login is idle before.</param>
public sealed record LoginOpened(Guid Login, string User, Role Role, DateTimeOffset RefreshExpires);

/// <summary>A login as it is told.</summary>
/// <param name="Client">The program that signed in.</param>
/// <param name="Address">Where that was.</param>
/// <param name="LastUsedAt">When its refresh token was exchanged last, or it was opened.</param>
public sealed record LoginView(Guid LoginId, string Client, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>The program that used it last.</summary>
    public string? LastClient { get; init; }

    /// <summary>Where that was.</summary>
    public string? LastAddress { get; init; }
}

/// <param name="Logins">The one that was used last first.</param>
public sealed record LoginList(ImmutableArray<LoginView> Logins);

public enum UserStatus
{
    None,
    Active,
    Suspended,
}

/// <summary>A user as they are told to those who may see them.</summary>
public sealed record UserView(string UserId, Role Role, UserStatus Status, DateTimeOffset CreatedAt)
{
    public string? Name { get; init; }
    public string? Email { get; init; }
    public DateTimeOffset? LastLoginAt { get; init; }
    public HardwareWallet? HardwareWallet { get; init; }

    /// <summary>Why they are suspended, where they are.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a user says of themselves. Null leaves it as it is, empty takes it out.</summary>
/// <param name="Name">At most 100 characters.</param>
/// <param name="Email">At most 254 characters. Nobody has checked that it is theirs.</param>
public sealed record UserChange(string? Name, string? Email);

/// <param name="Token">The id that it gets: new, a UUIDv7.</param>
/// <param name="Secret">SHA-256 of what the program shows.</param>
/// <param name="Name">What the user calls it: 1 to 100 characters.</param>
/// <param name="Life">1 min to 366 days.</param>
/// <param name="OnlySession">Confines it to one session, which it may record and view.</param>
public sealed record MakeProgramToken(Guid Token, Hash256 Secret, string Name, TimeSpan Life, Guid? OnlySession);

/// <summary>A token for a program as it is told: what it shows is told once, where it is made.</summary>
public sealed record ProgramTokenView(Guid TokenId, string Name, Guid? SessionId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <param name="Tokens">Those that can be used, the newest first.</param>
public sealed record ProgramTokenList(ImmutableArray<ProgramTokenView> Tokens);
