using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Lucid.Client;

/// <summary>The states of a session. A later node may know others.</summary>
public static class SessionStatus
{
    /// <summary>It has no chunk yet.</summary>
    public const string Created = "created";

    /// <summary>Chunks come.</summary>
    public const string Recording = "recording";

    /// <summary>Whoever records has said that none comes for a while.</summary>
    public const string Paused = "paused";

    /// <summary>It is closed, and its manifest is being written.</summary>
    public const string Sealing = "sealing";

    /// <summary>Its manifest is signed, and waits for the block that holds it.</summary>
    public const string Anchoring = "anchoring";

    /// <summary>The ledger holds it: the evidence is complete.</summary>
    public const string Anchored = "anchored";

    /// <summary>It could not be closed; <see cref="SessionView.Failure"/> says why, and recovering it tries again.</summary>
    public const string Failed = "failed";

    /// <summary>Its key and its ciphertext are gone; its proofs stay.</summary>
    public const string Erased = "erased";

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [Created, Recording, Paused, Sealing, Anchoring, Anchored, Failed, Erased];
}

/// <summary>A track of a session.</summary>
/// <param name="Track">0 to 255; 0 is the picture or the bytes.</param>
/// <param name="MediaType">Such as video/mp4.</param>
/// <param name="Name">Such as a file's.</param>
public sealed record TrackView(int Track, string MediaType, string Name);

/// <summary>The version of a trust policy that a session is recorded under.</summary>
/// <param name="PolicyId">The policy.</param>
/// <param name="Version">From 1.</param>
/// <param name="Sha256">Of the version's exact bytes.</param>
/// <param name="Owner">The policy's owner.</param>
public sealed record PolicyPin(Guid PolicyId, int Version, string Sha256, string Owner);

/// <summary>Where the ledger holds a session.</summary>
/// <param name="LogIndex">Its entry in the log.</param>
/// <param name="BlockHeight">The block that holds it.</param>
/// <param name="BlockTime">That block's time.</param>
public sealed record AnchorView(ulong LogIndex, long BlockHeight, DateTimeOffset BlockTime);

/// <summary>A session as the node tells it.</summary>
public sealed record SessionView : Tagged
{
    /// <summary>Its name to all machines.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>Whose it is: the id of a user.</summary>
    public required string Owner { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What its owner says of it.</summary>
    public string? Description { get; init; }

    /// <summary>One of <see cref="SessionStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>How it ended: closed, or interrupted.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Failure { get; init; }

    /// <summary>What it waits for, in words.</summary>
    public string? Waiting { get; init; }

    /// <summary>The node that records it.</summary>
    public string? Recorder { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its first chunk began; the times of all chunks count from here.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its manifest was written.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When its key was destroyed.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>Its tracks.</summary>
    public ImmutableArray<TrackView> Tracks { get; init; } = [];

    /// <summary>After so many seconds without a sign of life it closes as interrupted.</summary>
    public int IdleLimitSeconds { get; init; }

    /// <summary>So many seconds after it was anchored it is erased; null for never.</summary>
    public long? RetentionSeconds { get; init; }

    /// <summary>The interrupted session that this one goes on with.</summary>
    public Guid? Continues { get; init; }

    /// <summary>The session that goes on with this one.</summary>
    public Guid? ContinuedBy { get; init; }

    /// <summary>The trust policy that it is recorded under.</summary>
    public PolicyPin? Policy { get; init; }

    /// <summary>The right to record into it. Only in the answer to creating or resuming it.</summary>
    public long? Lease { get; init; }

    /// <summary>The lowest index that has no chunk.</summary>
    public ulong NextIndex { get; init; }

    /// <summary>The indices beyond <see cref="NextIndex"/> that have one.</summary>
    public ImmutableArray<ulong> CountedAhead { get; init; } = [];

    /// <summary>Chunks and gaps.</summary>
    public long LeafCount { get; init; }

    /// <summary>Chunks that are counted.</summary>
    public long ChunkCount { get; init; }

    /// <summary>Gaps that are declared.</summary>
    public long GapCount { get; init; }

    /// <summary>How much time the gaps are, in ms.</summary>
    public long GapMs { get; init; }

    /// <summary>From its start to its end, in ms.</summary>
    public long DurationMs { get; init; }

    /// <summary>Bytes of plaintext.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Bytes of ciphertext.</summary>
    public long StoredBytes { get; init; }

    /// <summary>The root over its leaves: 64 hexadecimal digits.</summary>
    public string? MerkleRoot { get; init; }

    /// <summary>Of its manifest, once there is one: 64 hexadecimal digits.</summary>
    public string? ManifestSha256 { get; init; }

    /// <summary>Where the ledger holds it; null as long as it does not.</summary>
    public AnchorView? Anchor { get; init; }

    /// <summary>Whether chunks may still be added.</summary>
    [JsonIgnore]
    public bool IsOpen => Status is SessionStatus.Created or SessionStatus.Recording or SessionStatus.Paused;
}

/// <summary>A session to be.</summary>
/// <param name="Name">What people call it: 1 to 255 characters.</param>
public sealed record NewSession(string Name)
{
    /// <summary>What its owner says of it: at most 1,000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>For a user other than the caller, which takes the right to use sessions of others.</summary>
    public string? Owner { get; init; }

    /// <summary>Null for one track of bytes.</summary>
    public ImmutableArray<TrackView>? Tracks { get; init; }

    /// <summary>After so many seconds without a chunk or a heartbeat it closes as interrupted. 10 to 86,400; null for 60.</summary>
    public int? IdleLimitSeconds { get; init; }

    /// <summary>So many seconds after it was anchored it is erased; null for never.</summary>
    public long? RetentionSeconds { get; init; }

    /// <summary>An interrupted session that it goes on with.</summary>
    public Guid? Continues { get; init; }

    /// <summary>The trust policy to record it under, in the version that is in force.</summary>
    public Guid? PolicyId { get; init; }
}

/// <summary>What of a session is to be another; what is null stays.</summary>
public sealed record SessionChange
{
    /// <summary>What people call it: 1 to 255 characters.</summary>
    public string? Name { get; init; }

    /// <summary>What its owner says of it: at most 1,000 characters; empty for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>All of its tracks, with other names or media types; 4007 (409) once its manifest is sealed, which names them.</summary>
    public ImmutableArray<TrackView>? Tracks { get; init; }

    /// <summary>After so many seconds without a chunk or a heartbeat it closes as interrupted: 10 to 86,400, while it is open.</summary>
    public int? IdleLimitSeconds { get; init; }

    /// <summary>So many seconds after it was anchored it is erased; 0 for never. Takes the right to erase it.</summary>
    public long? RetentionSeconds { get; init; }
}

/// <summary>What sessions add up to.</summary>
/// <param name="Sessions">How many there are.</param>
/// <param name="ByStatus">The same by status; without those that none has.</param>
/// <param name="ChunkCount">Their chunks.</param>
/// <param name="SizeBytes">Bytes of plaintext.</param>
/// <param name="StoredBytes">Bytes of ciphertext.</param>
/// <param name="DurationMs">How long they are, gaps included, in ms.</param>
/// <param name="GapCount">Their gaps.</param>
/// <param name="GapMs">How much time those are, in ms; a second that is missing on two tracks counts twice.</param>
public sealed record SessionStatistics(
    long Sessions, ImmutableArray<StatusCount> ByStatus, long ChunkCount, long SizeBytes, long StoredBytes, long DurationMs, long GapCount, long GapMs);

/// <summary>How many sessions have a status.</summary>
/// <param name="Status">One of <see cref="SessionStatus"/>.</param>
/// <param name="Sessions">So many.</param>
public sealed record StatusCount(string Status, long Sessions);

/// <summary>Which sessions are listed, and how.</summary>
public sealed record SessionFilter
{
    /// <summary>Only those in this state: one of <see cref="SessionStatus"/>.</summary>
    public string? Status { get; init; }

    /// <summary>Only those of this user.</summary>
    public string? Owner { get; init; }

    /// <summary>Only those with all of these words in name, description, owner or names of tracks: 1 to 200 characters.</summary>
    public string? Query { get; init; }

    /// <summary>Only those that others share with the caller, instead of the caller's own.</summary>
    public bool Shared { get; init; }

    /// <summary>created_at, updated_at or name. Null: the newest first.</summary>
    public string? Sort { get; init; }
}

/// <summary>A page of sessions.</summary>
/// <param name="Sessions">Those on it.</param>
/// <param name="Pagination">Where it stands in the list.</param>
public sealed record SessionPage(ImmutableArray<SessionView> Sessions, Pagination Pagination);

/// <summary>Somebody beside a session's owner who may view and play it.</summary>
/// <param name="Auditor">A user's id.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record ShareView(string Auditor, DateTimeOffset ExpiresAt);

/// <summary>All of them.</summary>
/// <param name="Shares">Those that have not expired.</param>
public sealed record ShareList(ImmutableArray<ShareView> Shares) : Tagged;
