using System.Collections.Immutable;
using Lucid.Evidence.Policies;

namespace Lucid.Client;

/// <summary>A version of a policy.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Sha256">Of its exact bytes: 64 hexadecimal digits.</param>
/// <param name="CreatedAt">When it was drawn up.</param>
/// <param name="SignedAt">When its owner signed it; null where they have not.</param>
public sealed record PolicyVersionView(int Version, string Sha256, DateTimeOffset CreatedAt, DateTimeOffset? SignedAt);

/// <summary>A trust policy as the node tells it. What is signed is in its versions' bytes.</summary>
public sealed record PolicyView : Tagged
{
    /// <summary>Its name to all machines.</summary>
    public required Guid PolicyId { get; init; }

    /// <summary>Whose it is: the id of a user.</summary>
    public required string Owner { get; init; }

    /// <summary>draft, active, inactive or revoked.</summary>
    public required string Status { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What its owner says of it.</summary>
    public string Description { get; init; } = "";

    /// <summary>When it was drawn up first.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was signed last; null where none was.</summary>
    public int? ActiveVersion { get; init; }

    /// <summary>Why it was revoked.</summary>
    public string? Reason { get; init; }

    /// <summary>All versions, the first first.</summary>
    public required ImmutableArray<PolicyVersionView> Versions { get; init; }

    /// <summary>Whose sessions may be recorded under it, in the newest version.</summary>
    public PolicyScope? Scope { get; init; }

    /// <summary>The newest version's rules.</summary>
    public ImmutableArray<PolicyRule> Rules { get; init; } = [];

    /// <summary>What its owner's wallet is to sign for the newest version; null where that is signed.</summary>
    public string? Statement { get; init; }
}

/// <summary>What a policy is to say.</summary>
/// <param name="Name">What people call it: 1 to 255 bytes.</param>
/// <param name="Rules">At most 100. What no rule allows is denied.</param>
public sealed record PolicyDraft(string Name, ImmutableArray<PolicyRule> Rules)
{
    /// <summary>At most 1,000 bytes.</summary>
    public string? Description { get; init; }

    /// <summary>Whose sessions may be recorded under it; null for its owner's alone.</summary>
    public PolicyScope? Scope { get; init; }
}

/// <summary>A page of policies.</summary>
/// <param name="Policies">Those on it.</param>
/// <param name="Pagination">Where it stands in the list.</param>
public sealed record PolicyPage(ImmutableArray<PolicyView> Policies, Pagination Pagination);

/// <summary>A request that a policy is tried with.</summary>
/// <param name="Act">What somebody wants to do.</param>
public sealed record Trial(PolicyAct Act)
{
    /// <summary>Who, by their id.</summary>
    public string? Subject { get; init; }

    /// <summary>user, node_operator or admin.</summary>
    public string? Role { get; init; }

    /// <summary>Whether the session is theirs.</summary>
    public bool OwnsSession { get; init; }

    /// <summary>For host: which node.</summary>
    public string? Recorder { get; init; }

    /// <summary>For play and take_key: which tracks.</summary>
    public ImmutableArray<int>? Tracks { get; init; }

    /// <summary>How many bytes of plaintext the session has.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether more bytes may come: the session is not closed.</summary>
    public bool StillRecords { get; init; }

    /// <summary>When; null for now.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>What a policy says of a request.</summary>
/// <param name="Outcome">allow, deny or needs_approval.</param>
/// <param name="Rule">The rule that says so; null where none speaks of it.</param>
/// <param name="Approval">How an approval goes, where one is needed.</param>
/// <param name="IsRevoked">The policy is revoked, whatever it says.</param>
public sealed record TrialAnswer(string Outcome, string? Rule, PolicyApproval? Approval, bool IsRevoked);

/// <summary>What somebody asks the owner of a session's policy to approve.</summary>
/// <param name="Right">view, play, take_key, record, erase or share.</param>
/// <param name="Reason">For the owner: 1 to 255 characters.</param>
/// <param name="Track">To play one track alone; null for all of them.</param>
public sealed record ApprovalQuestion(string Right, string Reason, int? Track = null);

/// <summary>What was asked, and what became of it.</summary>
/// <param name="Number">Within the session.</param>
/// <param name="Subject">Who asked.</param>
/// <param name="Right">What for.</param>
/// <param name="Rule">The rule that leaves it to the owner.</param>
/// <param name="Reason">Why they asked.</param>
/// <param name="ExpiresAt">Until when it waits, or is approved.</param>
/// <param name="Status">pending, approved or refused.</param>
/// <param name="RequestedAt">When they asked.</param>
/// <param name="DecidedAt">When the owner decided.</param>
/// <param name="GrantSeconds">How long an approval of it holds.</param>
public sealed record ApprovalView(
    int Number, string Subject, string Right, string Rule, string Reason, DateTimeOffset ExpiresAt, string Status, DateTimeOffset RequestedAt = default, DateTimeOffset? DecidedAt = null,
    int GrantSeconds = 0)
{
    /// <summary>To play that track alone; null for all of them.</summary>
    public int? Track { get; init; }
}

/// <summary>Those that have not expired.</summary>
/// <param name="Approvals">By number.</param>
public sealed record ApprovalList(ImmutableArray<ApprovalView> Approvals);

internal sealed record SignatureRequest(string? Signature);

internal sealed record ReasonRequest(string Reason);
