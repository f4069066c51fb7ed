using Lucid.Evidence;
using Lucid.Evidence.Keys;

namespace Lucid.Silo.Recording;

/// <summary>Who this node is when it signs as a recorder.</summary>
/// <param name="Name">The node's name on its network.</param>
/// <param name="Key">Its identity key.</param>
/// <param name="Network">The ledger that it anchors in.</param>
/// <param name="Software">What manifests say it ran.</param>
/// <param name="Ledger">The node whose ledger that is: itself, but for the recorders of a cluster that hold none.</param>
public sealed record NodeIdentity(string Name, Ed25519PrivateKey Key, Hash256 Network, string Software, string Ledger);
