namespace Lucid.Gateway.Access.Tokens;

/// <summary>What came of verifying a signed text or an access token.</summary>
public enum TokenVerdict
{
    Accepted,

    /// <summary>Not a token as this version writes them. Nothing about it can be trusted, and nothing will make it better.</summary>
    Malformed,

    /// <summary>No key of that name is known. It may have been published since the keys were last asked for.</summary>
    UnknownKey,

    /// <summary>Not signed by the key that it names.</summary>
    BadSignature,

    /// <summary>Signed for another network.</summary>
    WrongIssuer,

    /// <summary>Good only later: a clock is wrong by more than the skew that is allowed.</summary>
    NotYetValid,

    /// <summary>It was good once. Refresh it.</summary>
    Expired,
}
