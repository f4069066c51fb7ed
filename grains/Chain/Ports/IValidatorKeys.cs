using Lucid.Evidence.Keys;

namespace Lucid.Grains.Chain.Ports;

/// <summary>This node's three signing keys, from its own disk. Each signs one kind of thing and no other.</summary>
public interface IValidatorKeys
{
    /// <summary>Votes, proposals, transactions of this node's recorder, manifests and chunk receipts.</summary>
    Ed25519PrivateKey Identity { get; }

    /// <summary>Checkpoints, as a validator.</summary>
    Ed25519PrivateKey Cosigning { get; }

    /// <summary>Checkpoints, in the name of the log's origin.</summary>
    Ed25519PrivateKey Log { get; }
}
