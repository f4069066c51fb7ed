using System.Collections.Immutable;

namespace Lucid.Evidence.Policies;

/// <summary>What a policy says of a request.</summary>
public enum PolicyOutcome
{
    Allow,

    /// <summary>A rule denies it, or none says anything of it.</summary>
    Deny,

    /// <summary>Unless the policy's owner approves.</summary>
    NeedsApproval,
}

/// <param name="Rule">The rule that decided: of several the one whose id comes first. Null where none matched.</param>
public sealed record PolicyVerdict(PolicyOutcome Outcome, string? Rule);

/// <summary>Somebody who wants to do something with a session.</summary>
public sealed record PolicyRequest
{
    public required PolicyAct Act { get; init; }

    /// <summary>Who, by a user's id; empty for a node that is to record.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Their role, as <see cref="PolicyWords.Roles"/> has it.</summary>
    public string Role { get; init; } = "";

    /// <summary>Whether the session is theirs.</summary>
    public bool OwnsSession { get; init; }

    /// <summary>The node that is to record, where that is asked.</summary>
    public string Recorder { get; init; } = "";

    /// <summary>The tracks that are wanted, where plaintext is.</summary>
    public ImmutableArray<int> Tracks { get; init; } = [];

    /// <summary>Bytes of plaintext in the session.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether more bytes may come.</summary>
    public bool StillRecords { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>
/// What a policy says of a request: a denial beats a need of approval, which beats an allowance; where no rule matches, it is denied. A pure
/// function in which the order of the rules says nothing, so that anyone who has the policy can say what a node has to answer.
/// </summary>
public static class PolicyEvaluation
{
    public static PolicyVerdict Evaluate(TrustPolicy policy, PolicyRequest request) =>
        Find(policy, request, PolicyAction.Deny, PolicyOutcome.Deny) ??
        Find(policy, request, PolicyAction.RequireApproval, PolicyOutcome.NeedsApproval) ??
        // Where it turns on the size that the session will have, nobody can approve yet, and an allowance beside it would get around the approval.
        (request.StillRecords ? Find(policy, request with { StillRecords = false }, PolicyAction.RequireApproval, PolicyOutcome.Deny) : null) ??
        Find(policy, request, PolicyAction.Allow, PolicyOutcome.Allow) ??
        new PolicyVerdict(PolicyOutcome.Deny, null);

    /// <summary>Whether a rule is about that request.</summary>
    public static bool Matches(PolicyRule rule, PolicyRequest request)
    {
        var condition = rule.Condition;
        if (!condition.Acts.Contains(request.Act) || request.At < condition.NotBefore || request.At >= condition.NotAfter)
            return false;
        if (!condition.Subjects.IsEmpty && !condition.Subjects.Contains(request.Subject, StringComparer.Ordinal) &&
            !(request.OwnsSession && condition.Subjects.Contains(PolicyCondition.SessionOwner, StringComparer.Ordinal)))
            return false;
        if (!condition.Roles.IsEmpty && !condition.Roles.Contains(request.Role, StringComparer.Ordinal))
            return false;
        if (!condition.Recorders.IsEmpty && !condition.Recorders.Contains(request.Recorder, StringComparer.Ordinal))
            return false;
        // A key that was taken opens what is recorded later as well, so the size has to be final.
        if (request.Bytes > condition.MaxBytes || (condition.MaxBytes is not null && request is { StillRecords: true, Act: PolicyAct.TakeKey }))
            return false;
        if (condition.Tracks.IsEmpty)
            return true;
        // Whoever may have one track may not have it together with another. Whoever may not have it, or not without being asked about, gets
        // around that by wanting more in no case.
        return rule.Action == PolicyAction.Allow
            ? request.Tracks.All(track => condition.Tracks.Contains(track))
            : request.Tracks.Any(track => condition.Tracks.Contains(track));
    }

    private static PolicyVerdict? Find(TrustPolicy policy, PolicyRequest request, PolicyAction action, PolicyOutcome outcome)
    {
        string? first = null;
        foreach (var rule in policy.Rules)
        {
            if (rule.Action == action && (first is null || string.CompareOrdinal(rule.Id, first) < 0) && Matches(rule, request))
                first = rule.Id;
        }
        return first is null ? null : new PolicyVerdict(outcome, first);
    }
}
