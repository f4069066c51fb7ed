namespace Lucid.Cli.Node;

/// <summary>What lets a command in at a node.</summary>
internal interface ICredential
{
    /// <summary>The token to show; null for none.</summary>
    Task<string?> GetAsync(NodeClient node, CancellationToken cancellation);

    /// <summary>Another one, where the node refused one; null where there is no other.</summary>
    Task<string?> RenewAsync(NodeClient node, string refused, CancellationToken cancellation);

    /// <summary>The node's refusal, in words that say what to do about the token.</summary>
    NodeException Explain(NodeException refusal);
}
