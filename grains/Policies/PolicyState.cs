using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.Grains.Policies;

/// <summary>What is kept of a policy. The versions' bytes are in its journal.</summary>
public sealed record PolicyState
{
    public PolicyStatus Status { get; init; }
    public string Owner { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public string? Reason { get; init; }

    /// <summary>By number, from 1. Only the last one can be unsigned.</summary>
    public ImmutableArray<PolicyVersion> Versions { get; init; } = [];
}

/// <param name="Row">Its place in the journal. A draft that was drawn up anew leaves a row behind that nothing names.</param>
public sealed record PolicyVersion(long Row, Hash256 Sha256, DateTimeOffset CreatedAt)
{
    /// <summary>130 hexadecimal digits, once it was signed.</summary>
    public string? Signature { get; init; }

    public DateTimeOffset? SignedAt { get; init; }
}

/// <summary>One row of a policy's journal: the exact bytes of a version that was drawn up.</summary>
public sealed record PolicyRow(byte[] Bytes);

/// <summary>The network that policies are for, which their bytes and signatures name.</summary>
public sealed record PolicyOptions
{
    public required Hash256 Network { get; init; }

    /// <summary>How often one policy can be drawn up: 1 to 10,000, default 1,000. Beyond, a new policy is begun.</summary>
    public int MaxDrafts { get; init; } = 1000;
}
