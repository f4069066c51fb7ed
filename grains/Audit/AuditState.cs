using Lucid.Evidence;
using Lucid.Evidence.Keys;

namespace Lucid.Grains.Audit;

/// <summary>What an audit log keeps beside its records.</summary>
public sealed record AuditState
{
    /// <summary>The network that its records name; null before the first one.</summary>
    public Hash256? Network { get; init; }

    /// <summary>The identity key of the ledger's node; null before the first root.</summary>
    public Ed25519PublicKey? Recorder { get; init; }

    /// <summary>The root that was handed in, or is about to be, as its bytes. Saved before that, so that one number never has two.</summary>
    public byte[]? Pending { get; init; }

    /// <summary>The newest root that the ledger has, as its bytes.</summary>
    public byte[]? Anchored { get; init; }

    /// <summary>Why the ledger's history and this one cannot be of the same log; null where none of that is known.</summary>
    public string? Conflict { get; init; }

    /// <summary>Its place in the ledger's log.</summary>
    public ulong? LogIndex { get; init; }
}

/// <summary>One record, as its bytes.</summary>
public sealed record AuditRow(byte[] Record);

/// <summary>The root over one full tile of records: what can be read again in place of them.</summary>
public sealed record AuditTile(Hash256 Root)
{
    /// <summary>Its records' place in the tree: a full tile is a subtree of that level.</summary>
    public const int Level = 8;

    /// <summary>Records of a full tile.</summary>
    public const int Records = 1 << Level;
}
