using System.Collections.Immutable;
using System.Net;

namespace Lucid.Client;

/// <summary>Why a request came to nothing. Its message is one sentence for a person. Cancellation is not among them.</summary>
public abstract class LucidException : Exception
{
    private protected LucidException(string message, Exception? cause) : base(message, cause)
    {
    }
}

/// <summary>
/// The node answered with an error, and did nothing unless <see cref="Status"/> is 500 or above. Tell errors apart by <see cref="Code"/>;
/// docs/api.md lists all, each with its cure.
/// </summary>
public sealed class RefusedException : LucidException
{
    /// <summary>For whoever writes an <see cref="ICredential"/> or a fake node.</summary>
    /// <param name="status">The status of the answer.</param>
    /// <param name="code">LUCID_ERR_ and four digits.</param>
    /// <param name="message">What to say to a person.</param>
    /// <param name="cause">What this exception puts into other words.</param>
    public RefusedException(HttpStatusCode status, string code, string message, Exception? cause = null) : base(message, cause) =>
        (Status, Code) = (status, code);

    /// <summary>The status of the answer: 409 where something else was there first, 429 and 503 where waiting helps, and so on.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>LUCID_ERR_ and four digits; empty where the answer was not one of a Lucid node, such as that of a proxy before it.</summary>
    public string Code { get; }

    /// <summary>When the node wants to be asked again. Null where it does not say, or where waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Per field what is wrong with it, where several are; else empty.</summary>
    public ImmutableDictionary<string, string> Details { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What the node's log names this request by; null where the answer has none.</summary>
    public string? RequestId { get; init; }

    /// <summary>Where the node says that it has moved to. It was not followed there, and no token was shown there.</summary>
    public Uri? MovedTo { get; init; }
}

/// <summary>The node cannot be reached, or was lost. Trying again may help once it runs again; whether it did what was asked is not known.</summary>
public sealed class NodeUnreachableException : LucidException
{
    /// <param name="url">Where the node was looked for.</param>
    /// <param name="cause">How the loss showed.</param>
    public NodeUnreachableException(Uri url, Exception? cause) : base($"The node at {url.GetLeftPart(UriPartial.Authority)} does not answer.", cause)
    {
    }
}

/// <summary>Nobody vouches for the certificate of what answers there. Trying again does not help.</summary>
public sealed class NodeUntrustedException : LucidException
{
    internal NodeUntrustedException(string message, Exception cause) : base(message, cause)
    {
    }
}

/// <summary>What the node would have a wallet sign must not be signed, and was not. Trying again does not help, unless a clock is wrong.</summary>
public sealed class ChallengeException : LucidException
{
    internal ChallengeException(string message, LoginChallenge? challenge) : base(message, null) => Challenge = challenge;

    /// <summary>What it was; null for what is no challenge at all, which is best not even shown.</summary>
    public LoginChallenge? Challenge { get; }
}
