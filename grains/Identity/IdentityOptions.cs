using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>
/// The bounds of logins, fixed in this version; their ranges are for whoever changes them. How long an access token lives is the gateways' to say,
/// within <see cref="Revocation.MaxTokenLife"/>: a grain reckons with that, whatever each of them was told.
/// </summary>
public sealed record IdentityOptions
{
    /// <summary>How long a refresh token can be exchanged: 1 h to 90 d, default 7 d.</summary>
    public TimeSpan RefreshLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// A login ends so long after its last access token has expired: 15 min to 7 d, default 30 min. So it is never less after its last use, and no
    /// access token is good whose login is gone.
    /// </summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Logins of one user at once: 1 to 50, default 5.</summary>
    public int MaxLogins { get; init; } = 5;

    /// <summary>How old a login may be that makes a token for a program: 1 min to 24 h, default 15 min.</summary>
    public TimeSpan FreshLogin { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Tokens for programs of one user: 1 to 100, default 50.</summary>
    public int MaxTokens { get; init; } = 50;

    /// <summary>How long a link that was mailed is good: 5 to 60 min, default 15 min.</summary>
    public TimeSpan MailLinkLife { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Links of one user on their way at once: 1 to 10, default 3. More would let a stranger fill a mailbox.</summary>
    public int MaxMailLinks { get; init; } = 3;

    /// <summary>Failures until an account or an address has to wait: 1 to 100, default 5.</summary>
    public int MaxFailures { get; init; } = 5;

    /// <summary>Within what time they count, and how long it has to wait then: 1 min to 24 h, default 15 min.</summary>
    public TimeSpan LockedFor { get; init; } = TimeSpan.FromMinutes(15);
}
