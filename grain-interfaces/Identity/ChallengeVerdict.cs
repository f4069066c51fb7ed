namespace Lucid.GrainInterfaces.Identity;

/// <summary>Whether a login message that came back may be used. Whatever is not <see cref="Ok"/> lets nobody in.</summary>
public enum ChallengeVerdict
{
    /// <summary>It is no login message. The client has to send the text exactly as it was given out.</summary>
    Malformed,

    /// <summary>It is one for another domain: somebody may be passing on a signature that was made for them.</summary>
    WrongDomain,

    /// <summary>It was issued to another address than the one that logs in.</summary>
    WrongAddress,

    /// <summary>No process with this key has issued it, or it was altered. The user has to ask for a new one.</summary>
    NotOurs,

    /// <summary>Its time is over. The user has to ask for a new one.</summary>
    Expired,

    /// <summary>It was issued here, to this address, and is still good.</summary>
    Ok,
}

/// <summary>What came out of checking a login message.</summary>
/// <param name="Message">The message, where it may be used: its nonce is to be remembered as used until it expires. Null otherwise.</param>
public sealed record ChallengeCheck(ChallengeVerdict Verdict, LoginMessage? Message);
