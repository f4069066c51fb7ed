using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>What is kept of a user.</summary>
public sealed record UserState
{
    public UserStatus Status { get; init; }
    public Role Role { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? LastLoginAt { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public HardwareWallet? HardwareWallet { get; init; }
    public string? Reason { get; init; }
    public ImmutableArray<LoginRecord> Logins { get; init; } = [];
    public ImmutableArray<UsedProof> UsedProofs { get; init; } = [];
    public ImmutableArray<ProgramTokenRecord> Tokens { get; init; } = [];
    public ImmutableArray<MailLinkRecord> MailLinks { get; init; } = [];
    public SecondFactor? SecondFactor { get; init; }

    /// <summary>Null where none was wrong since the last right one.</summary>
    public WrongCodes? WrongCodes { get; init; }
}

/// <param name="Refresh">SHA-256 of the refresh token that can be exchanged.</param>
/// <param name="Family">SHA-256 of what all its refresh tokens have in common, by which those are known that were exchanged, however many there are.</param>
/// <param name="From">Where it was opened.</param>
public sealed record LoginRecord(Guid Id, Hash256 Refresh, Hash256 Family, LoginOrigin From, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Where its refresh token was exchanged last; null where it was not yet.</summary>
    public LoginOrigin? LastFrom { get; init; }
}

/// <summary>A proof that may not be used again, for as long as any door would take it.</summary>
/// <param name="Expires">From when on a door refuses it whose clock is right.</param>
public sealed record UsedProof(string Proof, DateTimeOffset Expires);

/// <param name="Secret">SHA-256 of the secret in the link.</param>
public sealed record MailLinkRecord(Guid Id, Hash256 Secret, DateTimeOffset ExpiresAt);

/// <param name="Secret">What codes are computed from.</param>
/// <param name="UsedUpTo">The last step whose code was accepted; none before the first, until which it is only offered.</param>
/// <param name="Recovery">The codes that replace it; none before the first either.</param>
public sealed record SecondFactor(byte[] Secret, long? UsedUpTo, RecoveryCodes? Recovery);

/// <summary>The codes that were wrong, of whoever has a link.</summary>
public sealed record WrongCodes(int Count, DateTimeOffset LastAt);

/// <param name="Secret">SHA-256 of what the program shows.</param>
public sealed record ProgramTokenRecord(Guid Id, Hash256 Secret, string Name, Guid? OnlySession, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);
