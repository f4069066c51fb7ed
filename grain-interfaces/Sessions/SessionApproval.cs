using System.Collections.Immutable;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>Where a request for approval stands.</summary>
public enum ApprovalStatus
{
    /// <summary>The policy's owner has not decided.</summary>
    Pending,

    Approved,

    Refused,
}

/// <summary>What somebody asks a policy's owner to approve.</summary>
/// <param name="Track">To play one track alone; null for all of them.</param>
/// <param name="Reason">For the policy's owner: 1 to 255 characters.</param>
public sealed record ApprovalRequest(SessionRight Right, int? Track, string Reason);

/// <summary>A request for approval, and what became of it. It is about the right and track that were asked for, as long as its rule is what needs it.</summary>
/// <param name="Number">From 1, counted over the session.</param>
/// <param name="Subject">Who asked.</param>
/// <param name="Rule">The policy's rule that needs the approval.</param>
/// <param name="ExpiresAt">Pending or refused, until when it is remembered; approved, until when it holds.</param>
public sealed record SessionApproval(
    int Number, string Subject, SessionRight Right, string Rule, string Reason, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>How many a session remembers at once.</summary>
    public const int Most = 20;

    public const int MaxReason = 255;

    /// <summary>To play that track alone; null for all of them, as of requests that were made before tracks were kept.</summary>
    public int? Track { get; init; }

    public ApprovalStatus Status { get; init; }

    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>How long an approval of it holds.</summary>
    public int GrantSeconds { get; init; }
}

/// <param name="Approvals">Those that have not expired, by number.</param>
public sealed record SessionApprovals(ImmutableArray<SessionApproval> Approvals);
