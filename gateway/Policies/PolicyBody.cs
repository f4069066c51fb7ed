using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Lucid.Evidence.Policies;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.Gateway.Policies;

/// <summary>What a version of a trust policy says.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PolicyBody
{
    /// <summary>1 to 255 bytes.</summary>
    [Required]
    public string? Name { get; init; }

    /// <summary>At most 1,000 bytes.</summary>
    public string? Description { get; init; }

    /// <summary>Whose sessions may be recorded under it. Left out: yours alone.</summary>
    public ScopeBody? Scope { get; init; }

    /// <summary>At most 100. Their order says nothing: a denial beats a need of approval, which beats an allowance, and what no rule speaks of is denied.</summary>
    [Required]
    public ImmutableArray<RuleBody>? Rules { get; init; }

    /// <exception cref="ApiException">Something is missing.</exception>
    internal PolicyText ToText()
    {
        if (string.IsNullOrEmpty(Name))
            throw new ApiException(ErrorTable.MissingField, "name is missing: what people call the policy, 1 to 255 bytes.");
        if (Rules is not { IsDefault: false } rules)
            throw new ApiException(ErrorTable.MissingField, "rules are missing; without any, everything is denied, which an empty list says.");
        if (rules.Length > TrustPolicy.MaxRules)
            throw new ApiException(ErrorTable.OutOfRange, $"rules: at most {TrustPolicy.MaxRules}, not {rules.Length}.");
        return new PolicyText(
            Name, Description ?? "", new PolicyScope(OrEmpty(Scope?.AppliesTo), OrEmpty(Scope?.Excluded)), [.. OrEmpty<RuleBody>(rules).Select((rule, i) => rule.ToRule(i))]);
    }

    internal static ImmutableArray<T> OrEmpty<T>(ImmutableArray<T>? list)
    {
        if (list is not { IsDefault: false } given)
            return [];
        return given.Any(one => one is null) ? throw new ApiException(ErrorTable.MissingField, "A list of the policy holds null: leave it out.") : given;
    }
}

/// <summary>Whose sessions may be recorded under a policy.</summary>
/// <param name="AppliesTo">Users by their id beside its owner; "*" for everybody.</param>
/// <param name="Excluded">Users who may not, whatever applies_to says.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ScopeBody(ImmutableArray<string>? AppliesTo = null, ImmutableArray<string>? Excluded = null);

/// <summary>One rule.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RuleBody
{
    /// <summary>What it is called, once in a policy: 1 to 63 of a-z 0-9 - . _</summary>
    [Required]
    public string? Id { get; init; }

    /// <summary>What it is about.</summary>
    [Required]
    public PolicyRuleType? Type { get; init; }

    /// <summary>Which requests it matches.</summary>
    [Required]
    public ConditionBody? Condition { get; init; }

    /// <summary>What it says of them.</summary>
    [Required]
    public PolicyAction? Action { get; init; }

    /// <summary>How an approval goes, with require_approval. Left out: the defaults.</summary>
    public ApprovalTimesBody? Parameters { get; init; }

    internal PolicyRule ToRule(int place)
    {
        if (Id is null || Type is null || Condition is not { Acts.IsDefault: false } condition || Action is null)
            throw new ApiException(ErrorTable.MissingField, $"rules, element {place}: id, type, condition with acts, and action are all needed.");
        var times = Parameters ?? (Action == PolicyAction.RequireApproval ? new ApprovalTimesBody() : null);
        return new PolicyRule { Id = Id, Type = Type.Value, Condition = condition.ToCondition(), Action = Action.Value, Parameters = times?.ToParameters() };
    }
}

/// <summary>Which requests a rule matches: those that meet all of what is given.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ConditionBody
{
    /// <summary>One of these: view, record, share (type access); play, take_key (data); host (node); erase (transaction).</summary>
    [Required]
    public ImmutableArray<PolicyAct> Acts { get; init; }

    /// <summary>By one of these users, by id; "@owner" for the session's owner.</summary>
    public ImmutableArray<string>? Subjects { get; init; }

    /// <summary>By somebody with one of these roles: user, node_operator, admin.</summary>
    public ImmutableArray<string>? Roles { get; init; }

    /// <summary>By one of these nodes, by name. For host.</summary>
    public ImmutableArray<string>? Recorders { get; init; }

    /// <summary>Of these tracks and no others; denying, or asking for approval, of any of them. For play and take_key.</summary>
    public ImmutableArray<int>? Tracks { get; init; }

    /// <summary>Of a session with at most so many bytes. For play and take_key; not in a denial.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>From this moment on.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    internal PolicyCondition ToCondition() => new()
    {
        Acts = Acts,
        Subjects = PolicyBody.OrEmpty(Subjects),
        Roles = PolicyBody.OrEmpty(Roles),
        Recorders = PolicyBody.OrEmpty(Recorders),
        Tracks = PolicyBody.OrEmpty(Tracks),
        MaxBytes = MaxBytes,
        NotBefore = NotBefore,
        NotAfter = NotAfter,
    };
}

/// <summary>How an approval goes.</summary>
/// <param name="ApprovalSeconds">How long a request waits: 30 to 86,400; 300 without it.</param>
/// <param name="GrantSeconds">How long an approval holds: 30 to 86,400; 3,600 without it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApprovalTimesBody(int? ApprovalSeconds = null, int? GrantSeconds = null)
{
    internal PolicyApproval ToParameters() => new() { ApprovalSeconds = ApprovalSeconds ?? 300, GrantSeconds = GrantSeconds ?? 3600 };
}

/// <param name="Signature">The 130 hexadecimal digits that the wallet gave. Left out, the version that was in force before is again.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SignatureBody(string? Signature = null);

/// <param name="Reason">1 to 255 characters, which whoever sees the policy is told.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RevokeBody([property: Required] string? Reason);

/// <summary>A request to try a policy out with.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TrialBody
{
    /// <summary>What is wanted.</summary>
    [Required]
    public PolicyAct? Act { get; init; }

    /// <summary>By whom, by a user's id.</summary>
    public string? Subject { get; init; }

    /// <summary>Their role; user without it.</summary>
    public string? Role { get; init; }

    /// <summary>Whether the session is theirs.</summary>
    public bool OwnsSession { get; init; }

    /// <summary>The node that is to record, with host.</summary>
    public string? Recorder { get; init; }

    /// <summary>The tracks that are wanted, with play and take_key.</summary>
    public ImmutableArray<int>? Tracks { get; init; }

    /// <summary>Bytes of plaintext in the session.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether more bytes may come: the session is not closed.</summary>
    public bool StillRecords { get; init; }

    /// <summary>When; now without it.</summary>
    public DateTimeOffset? At { get; init; }

    internal PolicyRequest ToRequest(TimeProvider clock) => new()
    {
        Act = Act ?? throw new ApiException(ErrorTable.MissingField, "act is missing: what is wanted."),
        Subject = Subject ?? "",
        Role = Role ?? PolicyWords.Roles[0],
        OwnsSession = OwnsSession,
        Recorder = Recorder ?? "",
        Tracks = PolicyBody.OrEmpty(Tracks),
        Bytes = Bytes,
        StillRecords = StillRecords,
        At = At ?? clock.GetUtcNow(),
    };
}
