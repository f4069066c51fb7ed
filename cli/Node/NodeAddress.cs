namespace Lucid.Cli.Node;

/// <summary>Where a node listens, and what lets us in; null for nothing.</summary>
internal sealed record NodeAddress(Uri Url, ICredential? Credential);
