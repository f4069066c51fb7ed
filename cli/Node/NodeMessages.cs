using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lucid.Cli.Logins;

namespace Lucid.Cli.Node;

/// <summary>How the node's API writes JSON: snake_case names, and enums as snake_case strings.</summary>
internal static class NodeJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // What a node sends is read by code that the compiler wrote: making it by reflection took a fifth of a short command's time.
        TypeInfoResolver = JsonTypeInfoResolver.Combine(NodeJsonContext.Default, new DefaultJsonTypeInfoResolver()),
    };
}

[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(SessionPage))]
[JsonSerializable(typeof(NewSession))]
[JsonSerializable(typeof(LeafPage))]
[JsonSerializable(typeof(PipelineView))]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(NodeNotice))]
[JsonSerializable(typeof(StoredLogin))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(RefreshRequest))]
internal sealed partial class NodeJsonContext : JsonSerializerContext;

/// <summary>The states of a session that the CLI acts on; others are shown as they come.</summary>
internal static class SessionStatus
{
    public const string Created = "created";
    public const string Recording = "recording";
    public const string Paused = "paused";
    public const string Sealing = "sealing";
    public const string Anchoring = "anchoring";
    public const string Anchored = "anchored";
    public const string Failed = "failed";
    public const string Erased = "erased";

    public static readonly string[] All = [Created, Recording, Paused, Sealing, Anchoring, Anchored, Failed, Erased];
}

internal sealed record TrackView(int Track, string MediaType, string Name);

/// <summary>The version of a trust policy that a session is recorded under.</summary>
internal sealed record PolicyPin(Guid PolicyId, int Version, string Sha256, string Owner);

internal sealed record AnchorView(ulong LogIndex, long BlockHeight, DateTimeOffset BlockTime);

/// <summary>A session as the node tells it. See the API's SessionView.</summary>
internal sealed record SessionView
{
    public required Guid SessionId { get; init; }
    public required string Owner { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required string Status { get; init; }
    public string? Outcome { get; init; }
    public string? Failure { get; init; }
    public string? Waiting { get; init; }
    public string? Recorder { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public DateTimeOffset? ErasedAt { get; init; }
    public ImmutableArray<TrackView> Tracks { get; init; } = [];
    public int IdleLimitSeconds { get; init; }
    public long? RetentionSeconds { get; init; }
    public Guid? Continues { get; init; }
    public Guid? ContinuedBy { get; init; }
    public PolicyPin? Policy { get; init; }
    public long? Lease { get; init; }
    public ulong NextIndex { get; init; }
    public ImmutableArray<ulong> CountedAhead { get; init; } = [];
    public long LeafCount { get; init; }
    public long ChunkCount { get; init; }
    public long GapCount { get; init; }
    public long GapMs { get; init; }
    public long DurationMs { get; init; }
    public long SizeBytes { get; init; }
    public long StoredBytes { get; init; }
    public string? MerkleRoot { get; init; }
    public string? ManifestSha256 { get; init; }
    public AnchorView? Anchor { get; init; }

    /// <summary>Whether chunks may still be added.</summary>
    [JsonIgnore]
    public bool IsOpen => Status is SessionStatus.Created or SessionStatus.Recording or SessionStatus.Paused;
}

internal sealed record NewSession(string Name, ImmutableArray<TrackView> Tracks, int IdleLimitSeconds, Guid? Continues = null, Guid? PolicyId = null);

internal sealed record Pagination(int Page, int Limit, long Total, long Pages);

internal sealed record SessionPage(ImmutableArray<SessionView> Sessions, Pagination Pagination);

/// <param name="Kind">chunk or gap.</param>
internal sealed record LeafView(
    ulong Index, string Kind, int Track, long StartMs, long EndMs, long? PlainLength, long? CipherLength, string? Cause);

internal sealed record LeafPage(ImmutableArray<LeafView> Chunks, ulong NextIndex);

/// <summary>How far the chunks of a session have come on its recorder.</summary>
internal sealed record PipelineView(ImmutableArray<StageView> Stages, PipelineTotals OverallMetrics);

/// <param name="Chunks">Chunks that have passed it since the recorder started.</param>
internal sealed record StageView(string StageName, long Chunks);

internal sealed record PipelineTotals(int InFlight, double MeanGzipLevel);

internal sealed record ChunkReceipt(string Note, bool Repeated);

internal sealed record ErrorBody(string Code, string Message);

internal sealed record ErrorEnvelope(ErrorBody? Error);
