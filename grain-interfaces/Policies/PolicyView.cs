using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Policies;

namespace Lucid.GrainInterfaces.Policies;

/// <summary>Where a policy stands.</summary>
public enum PolicyStatus
{
    None,

    /// <summary>No version was ever in force.</summary>
    Draft,

    /// <summary>Sessions can be recorded under it.</summary>
    Active,

    /// <summary>No new sessions; it can become active again.</summary>
    Inactive,

    /// <summary>For good.</summary>
    Revoked,
}

/// <summary>What a policy's owner says in a version; everything else of it the grain knows.</summary>
public sealed record PolicyText(string Name, string Description, PolicyScope Scope, ImmutableArray<PolicyRule> Rules);

/// <summary>A policy as it is told to those who may see it.</summary>
public sealed record PolicyView
{
    public required Guid PolicyId { get; init; }
    public required string Owner { get; init; }
    public required PolicyStatus Status { get; init; }

    /// <summary>Of the newest version that the caller may see.</summary>
    public required string Name { get; init; }

    /// <summary>Of the newest version.</summary>
    public required string Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was signed last, which is in force while the policy is active.</summary>
    public int? ActiveVersion { get; init; }

    /// <summary>Why it was revoked.</summary>
    public string? Reason { get; init; }

    /// <summary>By number, up to the newest that the caller may see.</summary>
    public required ImmutableArray<PolicyVersionView> Versions { get; init; }

    /// <summary>The newest version's.</summary>
    public required PolicyScope Scope { get; init; }

    /// <summary>The newest version's.</summary>
    public required ImmutableArray<PolicyRule> Rules { get; init; }

    /// <summary>What the owner's wallet has to sign, as its message, to put the newest version into force; null where it was signed.</summary>
    public string? Statement { get; init; }
}

/// <param name="Sha256">Of its bytes, which is what manifests name.</param>
/// <param name="SignedAt">Null until it was.</param>
public sealed record PolicyVersionView(int Version, Hash256 Sha256, DateTimeOffset CreatedAt, DateTimeOffset? SignedAt);

/// <summary>A version of a policy whole.</summary>
/// <param name="Bytes">The exact bytes, as <see cref="TrustPolicy"/> reads them.</param>
/// <param name="Signature">130 hexadecimal digits; null where it was not signed.</param>
public sealed record PolicyDocument(int Version, byte[] Bytes, string? Signature);

/// <param name="Rule">The rule that decided; null where none matched.</param>
/// <param name="Approval">How an approval goes, where one is needed.</param>
/// <param name="IsRevoked">The policy was: what it allows to others holds no more.</param>
public sealed record PolicyAnswer(PolicyOutcome Outcome, string? Rule, PolicyApproval? Approval, bool IsRevoked);

/// <summary>Under which version of a policy a session is recorded.</summary>
/// <param name="Owner">The policy's, who decides on approvals.</param>
/// <param name="Sha256">Of the version's bytes.</param>
public sealed record SessionPolicy(Guid PolicyId, int Version, Hash256 Sha256, string Owner);

/// <param name="Total">Of all pages.</param>
public sealed record PolicyIds(ImmutableArray<Guid> Policies, int Total);
