using System.Collections.Immutable;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Policies;

/// <summary>What a rule is about. Each act belongs to one type: see <see cref="PolicyWords.TypeOf"/>.</summary>
public enum PolicyRuleType
{
    /// <summary>The session as a whole: view, record, share.</summary>
    Access,

    /// <summary>Its plaintext: play, take_key.</summary>
    Data,

    /// <summary>Who may record it: host.</summary>
    Node,

    /// <summary>What is written into the ledger on somebody's wish: erase.</summary>
    Transaction,
}

/// <summary>What a rule says of the requests that it matches.</summary>
public enum PolicyAction
{
    Allow,
    Deny,

    /// <summary>The policy's owner is asked each time, unless the same was approved a while ago.</summary>
    RequireApproval,
}

/// <summary>What somebody wants to do.</summary>
public enum PolicyAct
{
    /// <summary>See what the session is, its leaves, manifest and proofs, and its ciphertext.</summary>
    View,

    /// <summary>Record into it, pause, resume and stop it.</summary>
    Record,

    /// <summary>Let others view and play it.</summary>
    Share,

    /// <summary>Have it decrypted and played.</summary>
    Play,

    /// <summary>Have its key, which opens it for ever.</summary>
    TakeKey,

    /// <summary>Be the node that records it.</summary>
    Host,

    /// <summary>Destroy its key and its ciphertext.</summary>
    Erase,
}

/// <summary>One rule of a <see cref="TrustPolicy"/>.</summary>
public sealed record PolicyRule
{
    /// <summary>What the rule is called, once in a policy: 1 to 63 of a-z 0-9 - . _</summary>
    public required string Id { get; init; }

    public required PolicyRuleType Type { get; init; }

    /// <summary>Which requests it matches.</summary>
    public required PolicyCondition Condition { get; init; }

    public required PolicyAction Action { get; init; }

    /// <summary>How an approval goes, where the action is <see cref="PolicyAction.RequireApproval"/>, and only there.</summary>
    public PolicyApproval? Parameters { get; init; }

    internal string? FindFault()
    {
        if (!LedgerName.IsValid(Id))
            return $"id: it has 1 to {LedgerName.MaxLength} of a-z 0-9 - . _";
        if (!Enum.IsDefined(Type) || !Enum.IsDefined(Action))
            return "type or action is none that there is";
        if (Action == PolicyAction.RequireApproval != Parameters is not null)
            return Parameters is null
                ? "parameters: with require_approval they say how long a request waits and how long an approval lasts"
                : $"parameters: there are none with {EnumWords.Of(Action)}";
        if (Action == PolicyAction.RequireApproval && Type == PolicyRuleType.Node)
            return "action: a node cannot wait for an approval; allow or deny it";
        return Parameters?.FindFault() ?? Condition.FindFault(Type, Action);
    }
}

/// <summary>
/// Which requests a rule matches: those that meet all of what is given here. An empty list or null asks for nothing. There is no other
/// language: what cannot be said with these cannot be said.
/// </summary>
public sealed record PolicyCondition
{
    /// <summary>Most elements of each list.</summary>
    public const int MaxElements = 100;

    /// <summary>In <see cref="Subjects"/>: whoever owns the session, which need not be the policy's owner.</summary>
    public const string SessionOwner = "@owner";

    /// <summary>One of these acts, each of the rule's type: at least one.</summary>
    public required ImmutableArray<PolicyAct> Acts { get; init; }

    /// <summary>By one of these users, by their id; <see cref="SessionOwner"/> for the session's owner.</summary>
    public ImmutableArray<string> Subjects { get; init; } = [];

    /// <summary>By somebody with one of these roles: user, node_operator, admin.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>By one of these nodes, by name. For host only.</summary>
    public ImmutableArray<string> Recorders { get; init; } = [];

    /// <summary>
    /// Of these tracks. Allowing, all tracks that are wanted have to be among them; denying, or asking for approval, one is enough, and the
    /// approval is then for all that are wanted. For play and take_key only.
    /// </summary>
    public ImmutableArray<int> Tracks { get; init; } = [];

    /// <summary>
    /// Where the session has at most so many bytes of plaintext; for take_key, once it is closed, since the key opens what comes later as well.
    /// For play and take_key only, and not in a denial.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>From this moment on.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    internal string? FindFault(PolicyRuleType type, PolicyAction action)
    {
        if (Acts.IsDefaultOrEmpty)
            return "condition: acts: at least one";
        if (Acts.FirstOrDefault(act => !Enum.IsDefined(act) || PolicyWords.TypeOf(act) != type, (PolicyAct)(-1)) is var other && (int)other >= 0)
            return $"condition: acts: {EnumWords.Of(other)} belongs to rules of type {EnumWords.Of(PolicyWords.TypeOf(other))}";
        var list = FindListFault("acts", Acts) ?? FindListFault("subjects", Subjects) ?? FindListFault("roles", Roles) ??
            FindListFault("recorders", Recorders) ?? FindListFault("tracks", Tracks);
        if (list is not null)
            return $"condition: {list}";
        foreach (var subject in Subjects)
        {
            if (RecordText.Problem(subject ?? "", 1, OwnerCommitment.MaxOwnerLength) is { } problem)
                return $"condition: subjects: {problem}";
        }
        // Whoever reads one from JSON may have null among them.
        foreach (var role in Roles)
        {
            if (!PolicyWords.Roles.Contains(role, StringComparer.Ordinal))
                return $"condition: roles: '{role}' is none of {string.Join(", ", PolicyWords.Roles)}";
        }
        foreach (var recorder in Recorders)
        {
            if (!LedgerName.IsValid(recorder))
                return $"condition: recorders: '{recorder}' is no node's name: 1 to {LedgerName.MaxLength} of a-z 0-9 - . _";
        }
        if (Tracks.Any(track => track is < 0 or > Leaf.MaxTrack))
            return $"condition: tracks: numbers from 0 to {Leaf.MaxTrack}";
        return FindMisplaced(type, action) ?? FindWindowFault();
    }

    private string? FindMisplaced(PolicyRuleType type, PolicyAction action)
    {
        if (type == PolicyRuleType.Node && (!Subjects.IsEmpty || !Roles.IsEmpty))
            return "condition: subjects and roles: a node has none; name it in recorders";
        if (type != PolicyRuleType.Node && !Recorders.IsEmpty)
            return "condition: recorders belong to rules of type node";
        if (type != PolicyRuleType.Data && (!Tracks.IsEmpty || MaxBytes is not null))
            return "condition: tracks and max_bytes belong to rules of type data";
        if (MaxBytes is not null && action == PolicyAction.Deny)
            return "condition: max_bytes: a denial has none, since it would deny what is small";
        return MaxBytes is < 0 or > Manifest.MaxNumber ? $"condition: max_bytes: 0 to {Manifest.MaxNumber}" : null;
    }

    private string? FindWindowFault()
    {
        if (NotBefore is { } from && TrustPolicy.FindTimeFault(from) is { } before)
            return $"condition: not_before: {before}";
        if (NotAfter is { } to && TrustPolicy.FindTimeFault(to) is { } after)
            return $"condition: not_after: {after}";
        return NotAfter <= NotBefore ? "condition: not_after is not after not_before" : null;
    }

    private static string? FindListFault<T>(string name, ImmutableArray<T> list)
    {
        if (list.IsDefault || list.Length > MaxElements)
            return $"{name}: at most {MaxElements} elements";
        return list.Distinct().Count() == list.Length ? null : $"{name}: each element once";
    }
}

/// <summary>How an approval goes.</summary>
/// <param name="ApprovalSeconds">How long a request waits for the policy's owner: 30 to 86,400, default 300.</param>
/// <param name="GrantSeconds">How long an approval lasts: 30 to 86,400, default 3,600.</param>
public sealed record PolicyApproval(int ApprovalSeconds = 300, int GrantSeconds = 3600)
{
    public const int MinSeconds = 30;
    public const int MaxSeconds = 86_400;

    internal string? FindFault() =>
        ApprovalSeconds is < MinSeconds or > MaxSeconds || GrantSeconds is < MinSeconds or > MaxSeconds
            ? $"parameters: approval_seconds and grant_seconds lie between {MinSeconds} and {MaxSeconds}"
            : null;
}
