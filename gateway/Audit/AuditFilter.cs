using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Errors;

namespace Lucid.Gateway.Audit;

/// <summary>Which records somebody asks for.</summary>
internal sealed record AuditFilter(
    AuditKind? Kind, string? Actor, string? Resource, AuditOutcome? Outcome, DateTimeOffset? From, DateTimeOffset? To, ImmutableArray<string> Words)
{
    /// <exception cref="ApiException">A value is none that there is.</exception>
    public static AuditFilter Of(AuditQuery query)
    {
        Paging.CheckSearch(query.Q);
        if (query is { From: { } from, To: { } to } && from > to)
            throw new ApiException(ErrorTable.OutOfRange, "to lies before from.");
        return new AuditFilter(
            Read<AuditKind>("kind", query.Kind), query.Actor, query.Resource, Read<AuditOutcome>("outcome", query.Outcome), query.From, query.To,
            [.. (query.Q ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
    }

    public bool Matches(AuditEvent one) =>
        (Kind is null || one.Kind == Kind) &&
        (Actor is null || one.Actor == Actor) &&
        (Resource is null || one.Resource == Resource || one.Resource.StartsWith(Resource + "/", StringComparison.Ordinal)) &&
        (Outcome is null || one.Outcome == Outcome) &&
        (From is null || one.TimeMs >= From.Value.ToUnixTimeMilliseconds()) &&
        (To is null || one.TimeMs <= To.Value.ToUnixTimeMilliseconds()) &&
        Words.All(word => Holds(one, word));

    private static bool Holds(AuditEvent one, string word)
    {
        return Is(one.Action) || Is(one.Actor) || Is(one.Role) || Is(one.Resource) || Is(one.Address) || Is(one.RequestId) || Is(one.UserAgent) ||
            Is(EnumWords.Of(one.Kind)) || Is(EnumWords.Of(one.Outcome)) || Is(EnumWords.Of(one.Severity)) ||
            one.Details.Any(detail => Is(detail.Key) || Is(detail.Value));

        bool Is(string text) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    private static T? Read<T>(string field, string? text) where T : struct, Enum =>
        text is null ? null
        : EnumWords.Read<T>(text) ?? throw new ApiException(ErrorTable.OutOfRange, $"{field}: '{text}' is none of {string.Join(", ", EnumWords.All<T>())}.");
}

/// <summary>What a request says of the records that it wants; all of it holds together.</summary>
/// <param name="Kind">Such as authentication.</param>
/// <param name="Actor">The user's id.</param>
/// <param name="Resource">Such as session/0190…, or session for all of them.</param>
/// <param name="From">Not earlier than this.</param>
/// <param name="To">Not later than this.</param>
/// <param name="Q">Only those with all of these words in any of their fields.</param>
internal sealed record AuditQuery(string? Kind, string? Actor, string? Resource, string? Outcome, DateTimeOffset? From, DateTimeOffset? To, string? Q);
