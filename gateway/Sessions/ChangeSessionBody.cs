using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Sessions;

/// <summary>What of a session is to be another. What is left out stays as it is.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ChangeSessionBody
{
    /// <summary>What people call it: 1 to 255 characters.</summary>
    [Length(1, SessionLimits.MaxName)]
    public string? Name { get; init; }

    /// <summary>At most 1,000 characters; empty for none.</summary>
    [MaxLength(SessionLimits.MaxDescription)]
    public string? Description { get; init; }

    /// <summary>All of them, with other names or media types. The manifest names them: once it is sealed they stay.</summary>
    public ImmutableArray<TrackBody>? Tracks { get; init; }

    /// <summary>Closes as interrupted after that time without chunk or heartbeat. While the session is open.</summary>
    [Range(SessionLimits.MinIdleSeconds, SessionLimits.MaxIdleSeconds)]
    public long? IdleLimitSeconds { get; init; }

    /// <summary>Erases itself that long after it was anchored; 0 for never. Takes the right to erase it.</summary>
    [Range(0L, SessionLimits.MaxRetentionSeconds)]
    public long? RetentionSeconds { get; init; }

    /// <exception cref="ApiException">A field is not acceptable; all of them are named.</exception>
    internal SessionChange ToChange()
    {
        Dictionary<string, string> mistakes = [];
        if (Name is not null && !CreateSessionBody.IsText(Name, SessionLimits.MaxName))
            mistakes["name"] = $"1 to {SessionLimits.MaxName} characters without control characters";
        if (Description?.Length > SessionLimits.MaxDescription)
            mistakes["description"] = $"at most {SessionLimits.MaxDescription} characters, not {Description.Length}";
        if (IdleLimitSeconds is < SessionLimits.MinIdleSeconds or > SessionLimits.MaxIdleSeconds)
            mistakes["idle_limit_seconds"] = $"{SessionLimits.MinIdleSeconds} to {SessionLimits.MaxIdleSeconds}, not {IdleLimitSeconds}";
        if (RetentionSeconds is < 0 or > SessionLimits.MaxRetentionSeconds)
            mistakes["retention_seconds"] = $"0 to {SessionLimits.MaxRetentionSeconds}, not {RetentionSeconds}";
        if (Tracks is { } given && CreateSessionBody.FindMistake(given) is { } mistake)
            mistakes["tracks"] = mistake;
        if (mistakes.Count > 0)
            throw new ApiException(ErrorTable.OutOfRange, string.Join("; ", mistakes.Select(one => $"{one.Key}: {one.Value}")) + ".", mistakes);
        return new SessionChange
        {
            Name = Name,
            Description = Description,
            Tracks = Tracks is { } tracks ? TrackBody.ToInfos(tracks) : [],
            IdleLimit = IdleLimitSeconds is { } idle ? TimeSpan.FromSeconds(idle) : null,
            Retention = RetentionSeconds is { } retention ? TimeSpan.FromSeconds(retention) : null,
        };
    }

    /// <summary>The names of the fields that are given, for the audit log, which tells no texts.</summary>
    internal string Fields()
    {
        (string Name, object? Value)[] fields =
            [("name", Name), ("description", Description), ("tracks", Tracks), ("idle_limit_seconds", IdleLimitSeconds), ("retention_seconds", RetentionSeconds)];
        return string.Join(' ', fields.Where(field => field.Value is not null).Select(field => field.Name));
    }
}
