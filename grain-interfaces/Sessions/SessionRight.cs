using System.Collections.Immutable;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>What somebody may do with one session.</summary>
public enum SessionRight
{
    /// <summary>See what it is, its leaves, manifest and proofs, and its ciphertext.</summary>
    View,

    /// <summary>Have it decrypted and played.</summary>
    Play,

    /// <summary>Have its key, which opens it for ever and for whomever it is passed on to.</summary>
    TakeKey,

    /// <summary>Record into it, pause, resume and stop it.</summary>
    Record,

    /// <summary>Destroy its key and its ciphertext.</summary>
    Erase,

    /// <summary>Let others view and play it.</summary>
    Share,
}

/// <summary>That somebody may view and play a session which is not theirs.</summary>
/// <param name="Auditor">A user's id.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record SessionShare(string Auditor, DateTimeOffset ExpiresAt)
{
    /// <summary>How many a session has at most.</summary>
    public const int Most = 50;
}

/// <param name="Shares">Those that have not expired, in the order in which they were first given.</param>
public sealed record SessionShares(ImmutableArray<SessionShare> Shares);
