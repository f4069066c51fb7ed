namespace Lucid.Cli.Node;

/// <summary>Where a node listens, and what lets us in.</summary>
internal sealed record NodeAddress(Uri Url, string? Token);
