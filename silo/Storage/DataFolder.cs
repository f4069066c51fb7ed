namespace Lucid.Silo.Storage;

/// <summary>Where a node keeps what; every path of its data directory is named here and nowhere else.</summary>
/// <param name="Root">The data directory, ~/.lucid by default; readable by its owner only.</param>
public sealed record DataFolder(string Root)
{
    /// <summary>Held by the running node, so that a second one is refused.</summary>
    public string Lock => Path.Combine(Root, "lock");

    /// <summary>Where the running node listens; gone when it is not running.</summary>
    public string NodeFile => Path.Combine(Root, "node.json");

    /// <summary>The bearer token of the API.</summary>
    public string Token => Path.Combine(Root, "token");

    /// <summary>Written every second: when the node was last alive.</summary>
    public string Alive => Path.Combine(Root, "alive");

    /// <summary>Grain state, journals and reminders.</summary>
    public string GrainStore => Path.Combine(Root, "grains.db");

    /// <summary>The list of sessions; derived.</summary>
    public string Directory => Path.Combine(Root, "directory.db");

    /// <summary>Ciphertext.</summary>
    public string Chunks => Path.Combine(Root, "chunks");

    /// <summary>Key-encryption keys, wrapped session keys, and the node's signing keys.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>What a gateway signs access tokens with.</summary>
    public string TokenKeys => Path.Combine(Keys, "tokens");

    /// <summary>Genesis, blocks, log, votes.</summary>
    public string Ledger => Path.Combine(Root, "ledger");

    /// <summary>The genesis of the network that a silo or gateway of a cluster belongs to; a node that runs alone has none.</summary>
    public string Network => Path.Combine(Root, "network");

    /// <summary>Trusted validator sets, one file a network.</summary>
    public string Trust => Path.Combine(Root, "trust");
}
