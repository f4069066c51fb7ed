using System.Collections.Immutable;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Policies;

/// <summary>
/// One version of a trust policy, as JSON: who may do what with the sessions that are recorded under it. The SHA-256 of its stored bytes is
/// what its owner's wallet signs (<see cref="PolicyStatement"/>) and what the manifests of those sessions name; nothing is serialised again
/// to verify it.
/// </summary>
/// <remarks>
/// A version has one encoding: the fields in the order of the properties here, snake_case, two spaces of indentation, each list in one line,
/// U+000A after every line, UTF-8, in strings only <c>"</c> and <c>\</c> escaped, times as <c>2026-01-31T12:00:00.000Z</c>.
/// <see cref="Parse"/> refuses any other.
/// </remarks>
public sealed record TrustPolicy
{
    /// <summary>The first field's value.</summary>
    public const string Format = "lucid.policy/1";

    /// <summary>No version is longer than this, in bytes.</summary>
    public const int MaxLength = 32 * 1024;

    public const int MaxRules = 100;

    /// <summary>Bytes of a name.</summary>
    public const int MaxName = 255;

    /// <summary>Bytes of a description.</summary>
    public const int MaxDescription = 1000;

    /// <summary>Versions of one policy.</summary>
    public const int MaxVersions = 100;

    /// <summary>The ledger that it is for.</summary>
    public required Hash256 Network { get; init; }

    /// <summary>The policy, of all its versions: a UUID.</summary>
    public required Guid Policy { get; init; }

    /// <summary>Whose it is, who alone can make it active: the address of a wallet. 1 to 256 bytes without control characters.</summary>
    public required string Owner { get; init; }

    /// <summary>1 to <see cref="MaxVersions"/>.</summary>
    public required int Version { get; init; }

    /// <summary>SHA-256 of the version before that was signed; zero where there is none.</summary>
    public required Hash256 Previous { get; init; }

    /// <summary>When it was drawn up: UTC, whole milliseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>1 to <see cref="MaxName"/> bytes.</summary>
    public required string Name { get; init; }

    /// <summary>At most <see cref="MaxDescription"/> bytes.</summary>
    public required string Description { get; init; }

    public required PolicyScope Scope { get; init; }

    /// <summary>At most <see cref="MaxRules"/>. Their order says nothing.</summary>
    public required ImmutableArray<PolicyRule> Rules { get; init; }

    /// <summary>The version's bytes.</summary>
    /// <exception cref="InvalidOperationException">A field is not what its documentation allows, so that no parser would read it back.</exception>
    public byte[] Encode()
    {
        if (FindFault() is { } fault)
            throw new InvalidOperationException($"This is no policy: {fault}.");
        var bytes = PolicyJson.Write(this);
        return bytes.Length <= MaxLength ? bytes : throw new InvalidOperationException($"This is no policy: {TooLong(bytes.Length)}.");
    }

    /// <summary>Reads a version.</summary>
    /// <exception cref="MalformedException">These are not the bytes of a policy as <see cref="Encode"/> writes it.</exception>
    public static TrustPolicy Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new MalformedException("policy", TooLong(bytes.Length));
        var policy = PolicyJson.Read(bytes);
        if (policy.FindFault() is { } fault)
            throw new MalformedException("policy", fault);
        var again = PolicyJson.Write(policy);
        if (bytes.SequenceEqual(again))
            return policy;
        var same = bytes.CommonPrefixLength(again);
        throw new MalformedException("policy", $"line {bytes[..same].Count((byte)'\n') + 1}: not written as a policy is (byte {same})");
    }

    /// <summary>What is wrong with the values, or null. Only the length of the whole is left to <see cref="Encode"/>.</summary>
    public string? FindFault()
    {
        if (RecordText.Problem(Owner, 1, OwnerCommitment.MaxOwnerLength) is { } owner)
            return $"owner: {owner}";
        if (Version is < 1 or > MaxVersions)
            return $"version is a number from 1 to {MaxVersions}";
        if (Version == 1 && Previous != Hash256.Zero)
            return "previous: before version 1 there is none";
        if (FindTimeFault(CreatedAt) is { } created)
            return $"created_at: {created}";
        if (RecordText.Problem(Name, 1, MaxName) is { } name)
            return $"name: {name}";
        if (RecordText.Problem(Description, 0, MaxDescription) is { } description)
            return $"description: {description}";
        if (Scope.FindFault() is { } scope)
            return $"scope: {scope}";
        if (Rules.IsDefault || Rules.Length > MaxRules)
            return $"rules: at most {MaxRules}";
        for (var i = 0; i < Rules.Length; i++)
        {
            if ((Rules[i] is null ? "it is null" : Rules[i].FindFault()) is { } rule)
                return $"rules, element {i}: {rule}";
        }
        return Rules.DistinctBy(rule => rule.Id, StringComparer.Ordinal).Count() == Rules.Length ? null : "rules: each id once";
    }

    internal static string? FindTimeFault(DateTimeOffset time)
    {
        if (time.Offset != TimeSpan.Zero || time.Ticks % TimeSpan.TicksPerMillisecond != 0)
            return "a time is in UTC and has whole milliseconds";
        return time < DateTimeOffset.UnixEpoch ? "a time is not before 1970" : null;
    }

    private static string TooLong(int length) => $"it has {length} bytes, at most {MaxLength} are allowed";
}

/// <summary>Whose sessions may be recorded under a policy. Its owner's may, unless excluded.</summary>
/// <param name="AppliesTo">Users by their id; <see cref="Everybody"/> for all.</param>
/// <param name="Excluded">Users who may not, whatever the other list says.</param>
public sealed record PolicyScope(ImmutableArray<string> AppliesTo, ImmutableArray<string> Excluded)
{
    /// <summary>In <see cref="AppliesTo"/>: every user.</summary>
    public const string Everybody = "*";

    /// <summary>The policy's owner alone.</summary>
    public static PolicyScope Own { get; } = new([], []);

    /// <summary>Whether sessions of that user may be recorded under a policy of that owner.</summary>
    public bool Covers(string owner, string user) =>
        !Excluded.Contains(user, StringComparer.Ordinal) &&
        (user == owner || AppliesTo.Contains(Everybody, StringComparer.Ordinal) || AppliesTo.Contains(user, StringComparer.Ordinal));

    internal string? FindFault() => FindFault("applies_to", AppliesTo) ?? FindFault("excluded", Excluded);

    private static string? FindFault(string name, ImmutableArray<string> users)
    {
        if (users.IsDefault || users.Length > PolicyCondition.MaxElements)
            return $"{name}: at most {PolicyCondition.MaxElements} elements";
        foreach (var user in users)
        {
            if (RecordText.Problem(user ?? "", 1, OwnerCommitment.MaxOwnerLength) is { } problem)
                return $"{name}: {problem}";
        }
        return users.Distinct(StringComparer.Ordinal).Count() == users.Length ? null : $"{name}: each user once";
    }
}
