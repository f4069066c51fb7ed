using System.Net;

namespace Lucid.Cli.Node;

/// <summary>The node answered with an error. What to do depends on <see cref="Status"/>; the message is the node's own.</summary>
internal sealed class NodeException(HttpStatusCode status, string code, string message, TimeSpan? retryAfter, Exception? cause = null) : Exception(message, cause)
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>LUCID_ERR_…, or empty where the answer was not one of a Lucid node.</summary>
    public string Code { get; } = code;

    /// <summary>When the node wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The node cannot be reached, or was lost. Trying again may help once it runs again.</summary>
internal sealed class NodeUnreachableException(Uri url, Exception? cause)
    : Exception($"The node at {url.GetLeftPart(UriPartial.Authority)} does not answer.", cause);
