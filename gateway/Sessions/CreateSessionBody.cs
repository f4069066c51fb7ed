using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json.Serialization;
using Lucid.Evidence.Records;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Sessions;

/// <summary>Bounds of what a caller may say of a session.</summary>
internal static class SessionLimits
{
    public const int MaxName = 255;
    public const int MaxDescription = 1000;
    public const int MaxOwnerBytes = OwnerCommitment.MaxOwnerLength;
    public const int MaxTracks = 16;
    public const int MaxTrack = Leaf.MaxTrack;
    public const int MinIdleSeconds = 10;
    public const int MaxIdleSeconds = 86_400;

    /// <summary>A hundred years: more is "keep it", which is said by leaving retention out.</summary>
    public const long MaxRetentionSeconds = 3_155_760_000;
}

/// <summary>A session to be recorded.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CreateSessionBody
{
    /// <summary>What people call it: 1 to 255 characters.</summary>
    [Required, Length(1, SessionLimits.MaxName)]
    public string? Name { get; init; }

    /// <summary>At most 1,000 characters.</summary>
    [MaxLength(SessionLimits.MaxDescription)]
    public string? Description { get; init; }

    /// <summary>Who owns it: 1 to 256 bytes. You, unless you may use sessions of others.</summary>
    public string? Owner { get; init; }

    /// <summary>What the tracks hold; track 0 must be among them. By default one track of bytes.</summary>
    public ImmutableArray<TrackBody>? Tracks { get; init; }

    /// <summary>Closes as interrupted after that time without chunk or heartbeat.</summary>
    [DefaultValue(60L), Range(SessionLimits.MinIdleSeconds, SessionLimits.MaxIdleSeconds)]
    public long? IdleLimitSeconds { get; init; }

    /// <summary>Erases itself that long after it was anchored. Left out: never.</summary>
    [Range(0L, SessionLimits.MaxRetentionSeconds)]
    public long? RetentionSeconds { get; init; }

    /// <summary>The interrupted session that this one continues: one that you may record into.</summary>
    public Guid? Continues { get; init; }

    /// <summary>The trust policy that it is recorded under: the version that is in force now. It has to apply to the owner.</summary>
    public Guid? PolicyId { get; init; }

    /// <summary>What the session's grain is asked, with the defaults filled in.</summary>
    /// <param name="caller">Who owns it unless the body says otherwise.</param>
    /// <exception cref="ApiException">A field is missing or not acceptable; all of them are named.</exception>
    internal CreateSession ToRequest(string caller, string recorder)
    {
        Dictionary<string, string> mistakes = [];
        if (string.IsNullOrEmpty(Name))
            throw new ApiException(ErrorTable.MissingField, "name is missing: what people call the session, 1 to 255 characters.");
        if (!IsText(Name, SessionLimits.MaxName))
            mistakes["name"] = $"1 to {SessionLimits.MaxName} characters without control characters";
        if (Description is not null && Description.Length > SessionLimits.MaxDescription)
            mistakes["description"] = $"at most {SessionLimits.MaxDescription} characters, not {Description.Length}";
        if (Owner is not null && (!IsText(Owner, SessionLimits.MaxOwnerBytes) || Encoding.UTF8.GetByteCount(Owner) > SessionLimits.MaxOwnerBytes))
            mistakes["owner"] = $"1 to {SessionLimits.MaxOwnerBytes} bytes without control characters";
        if (IdleLimitSeconds is < SessionLimits.MinIdleSeconds or > SessionLimits.MaxIdleSeconds)
            mistakes["idle_limit_seconds"] = $"{SessionLimits.MinIdleSeconds} to {SessionLimits.MaxIdleSeconds}, not {IdleLimitSeconds}";
        if (RetentionSeconds is < 0 or > SessionLimits.MaxRetentionSeconds)
            mistakes["retention_seconds"] = $"0 to {SessionLimits.MaxRetentionSeconds}, not {RetentionSeconds}";
        if (Tracks is { } given && FindMistake(given) is { } mistake)
            mistakes["tracks"] = mistake;
        if (mistakes.Count > 0)
            throw new ApiException(ErrorTable.OutOfRange, string.Join("; ", mistakes.Select(one => $"{one.Key}: {one.Value}")) + ".", mistakes);

        var tracks = Tracks is { } chosen ? TrackBody.ToInfos(chosen) : [new TrackInfo(0, TrackBody.Bytes, "")];
        return new CreateSession(
            Owner ?? caller, Name, Description, tracks, TimeSpan.FromSeconds(IdleLimitSeconds ?? 60),
            RetentionSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Continues, recorder)
        {
            Policy = PolicyId,
        };
    }

    internal static string? FindMistake(ImmutableArray<TrackBody> tracks)
    {
        if (tracks.IsDefaultOrEmpty || tracks.Length > SessionLimits.MaxTracks)
            return $"1 to {SessionLimits.MaxTracks} of them";
        if (tracks.Any(track => track is null))
            return "objects, and not null";
        if (!tracks.Any(track => track.Track == 0))
            return "track 0 has to be among them";
        if (tracks.Select(track => track.Track).Distinct().Count() != tracks.Length)
            return "each number once";
        foreach (var track in tracks)
        {
            if (track.Track is < 0 or > SessionLimits.MaxTrack)
                return $"numbers from 0 to {SessionLimits.MaxTrack}, not {track.Track}";
            if (track.MediaType is { } type && !IsMediaType(type))
                return "media types such as application/octet-stream, of at most 127 characters";
            if (track.Name is { Length: > 0 } name && !IsText(name, SessionLimits.MaxName))
                return $"names of at most {SessionLimits.MaxName} characters without control characters";
        }
        return null;
    }

    internal static bool IsText(string text, int max) => text.Length > 0 && text.Length <= max && !text.Any(char.IsControl);

    private static bool IsMediaType(string text) =>
        text.Length <= 127 && Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(text, out var type) &&
        type is { MatchesAllTypes: false, MatchesAllSubTypes: false };
}

/// <summary>One stream within a session.</summary>
/// <param name="Track">0 the picture or bytes, 1 events, …</param>
/// <param name="MediaType">What a player finds in it; application/octet-stream by default.</param>
/// <param name="Name">The name of the file or command, where there is one.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TrackBody([property: Range(0, SessionLimits.MaxTrack)] int Track, string? MediaType = null, string? Name = null)
{
    internal const string Bytes = "application/octet-stream";

    internal static ImmutableArray<TrackInfo> ToInfos(ImmutableArray<TrackBody> tracks) =>
        [.. tracks.OrderBy(track => track.Track).Select(track => new TrackInfo(track.Track, track.MediaType ?? Bytes, track.Name ?? ""))];
}
