using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>Where a session stands.</summary>
public enum SessionStatus
{
    None,
    Created,
    Recording,
    Paused,
    Sealing,
    Anchoring,
    Anchored,
    Failed,
    Erased,
}

/// <summary>The stages of a chunk, in order. A stage is told only once it is saved.</summary>
public enum ChunkStage
{
    None,
    Received,
    Compressed,
    Encrypted,
    Hashed,
    Stored,
    Counted,
}

/// <param name="Owner">Who owns the session: a wallet address, or "local" on a loopback node. 1 to 256 bytes.</param>
/// <param name="Name">What people call it: 1 to 255 characters.</param>
/// <param name="Description">At most 1,000 characters.</param>
/// <param name="Tracks">What the tracks hold; track 0 must be there.</param>
/// <param name="IdleLimit">Closes as interrupted after that time without chunk or heartbeat: 10 s to 24 h.</param>
/// <param name="Retention">Erases itself that long after it was anchored; null keeps it for ever.</param>
/// <param name="Continues">The interrupted session that this one continues.</param>
/// <param name="Recorder">The node that is to record it; it may move to another one later.</param>
public sealed record CreateSession(
    string Owner,
    string Name,
    string? Description,
    ImmutableArray<TrackInfo> Tracks,
    TimeSpan IdleLimit,
    TimeSpan? Retention,
    Guid? Continues,
    string Recorder)
{
    /// <summary>The trust policy that it is to be recorded under: the version that is in force when the session is made.</summary>
    public Guid? Policy { get; init; }

    /// <summary>For Lucid alone: under what the session that this one continues was recorded.</summary>
    public SessionPolicy? Pinned { get; init; }
}

/// <summary>What of a session is to be another than it was made with. What is left out stays; each value has its bounds from <see cref="CreateSession"/>.</summary>
public sealed record SessionChange
{
    public string? Name { get; init; }

    /// <summary>Empty for none.</summary>
    public string? Description { get; init; }

    /// <summary>As many as there are, with other names or media types. Empty to leave them.</summary>
    public ImmutableArray<TrackInfo> Tracks { get; init; } = [];

    public TimeSpan? IdleLimit { get; init; }

    /// <summary>Zero keeps it for ever.</summary>
    public TimeSpan? Retention { get; init; }
}

/// <param name="Track">0 the picture or bytes, 1 events, …</param>
/// <param name="MediaType">What a player finds in it, such as application/octet-stream or application/x-asciicast.</param>
/// <param name="Name">The name of the file or command, where there is one; else empty.</param>
public sealed record TrackInfo(int Track, string MediaType, string Name);

/// <param name="Times">Start and end in ms since the session's start; null lets the recorder's clock serve.</param>
public sealed record AdmitChunk(ulong Index, long Lease, int Track, ChunkTimes? Times);

/// <summary>A stretch of a session's time, in ms since its start.</summary>
public sealed record ChunkTimes(long StartMs, long EndMs);

/// <param name="Counted">The chunk is in the tree already: compare the bytes and give its receipt again.</param>
/// <param name="Times">The times that the chunk's leaf will carry.</param>
/// <param name="Network">The ledger that its receipt names.</param>
public sealed record ChunkAdmission(bool Counted, ChunkTimes Times, Hash256 Network);

/// <param name="Leaf">The exact bytes of the chunk's leaf.</param>
public sealed record CountChunk(ulong Index, long Lease, ReadOnlyMemory<byte> Leaf);

/// <param name="NewSession">The id of the session that continues this one if it was closed as interrupted.</param>
public sealed record ResumeSession(Guid NewSession);

/// <param name="AcceptGaps">Turn missing chunks into gaps with the cause lost, instead of refusing.</param>
public sealed record StopSession(long Lease, bool AcceptGaps);

/// <summary>A sealed chunk as its grain remembers it.</summary>
/// <param name="Leaf">The leaf's exact bytes.</param>
/// <param name="PlaintextMac">A MAC of the plaintext under a key that only the recorder has.</param>
/// <param name="Receipt">The chunk receipt: a signed note over the leaf.</param>
/// <param name="Lease">The lease under which it was stored. Not counted under that lease, it never will be.</param>
public sealed record ChunkRecord(ChunkStage Stage, ReadOnlyMemory<byte> Leaf, Hash256 PlaintextMac, string Receipt, long Lease)
{
    /// <summary>The recorder that has the ciphertext; null for the only one.</summary>
    public string? Recorder { get; init; }
}

/// <summary>Leaves in index order, as their exact bytes one after the other.</summary>
/// <param name="Next">The index after the last leaf of this page.</param>
/// <param name="Leaves">Each element is one leaf.</param>
public sealed record LeafPage(ulong Next, ImmutableArray<byte[]> Leaves);

/// <param name="Manifest">The exact bytes whose SHA-256 is anchored.</param>
/// <param name="Signature">The recorder's signed note over that hash.</param>
public sealed record SignedManifest(byte[] Manifest, string Signature);

/// <summary>Where the ledger holds the session.</summary>
public sealed record AnchorView(ulong LogIndex, long BlockHeight, DateTimeOffset BlockTime);

/// <summary>A session as it is told to those who may see it.</summary>
public sealed record SessionView
{
    public required Guid SessionId { get; init; }
    public required string Owner { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required SessionStatus Status { get; init; }

    /// <summary>closed or interrupted, once the session is closed.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why the session failed, where it did.</summary>
    public string? Failure { get; init; }

    /// <summary>What a session that is being sealed, anchored or erased waits for, in words.</summary>
    public string? Waiting { get; init; }

    /// <summary>Erasure was asked for and is not done yet. Nothing may be decrypted any more, wherever there still is a key.</summary>
    [JsonIgnore]
    public bool IsBeingErased => Status == SessionStatus.Anchored && Waiting is not null;

    /// <summary>The node that records it now, or did last.</summary>
    public required string Recorder { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public DateTimeOffset? ErasedAt { get; init; }
    public required ImmutableArray<TrackInfo> Tracks { get; init; }
    public required int IdleLimitSeconds { get; init; }
    public long? RetentionSeconds { get; init; }
    public Guid? Continues { get; init; }
    public Guid? ContinuedBy { get; init; }

    /// <summary>The newest lease. Told on create and resume only.</summary>
    public long? Lease { get; init; }

    /// <summary>The lowest index that is not counted.</summary>
    public required ulong NextIndex { get; init; }

    /// <summary>Indices above <see cref="NextIndex"/> that are counted already.</summary>
    public required ImmutableArray<ulong> CountedAhead { get; init; }

    public required long LeafCount { get; init; }
    public required long ChunkCount { get; init; }
    public required long GapCount { get; init; }
    public required long GapMs { get; init; }
    public required long DurationMs { get; init; }

    /// <summary>Plaintext bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Ciphertext bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>The root over the leaves counted so far.</summary>
    public required Hash256 MerkleRoot { get; init; }

    public Hash256? ManifestSha256 { get; init; }
    public AnchorView? Anchor { get; init; }

    /// <summary>The version of the trust policy that it is recorded under; null for none.</summary>
    public SessionPolicy? Policy { get; init; }
}

/// <summary>Told, by session id, when a chunk is stored. Wakes the session to count it should the call have been lost.</summary>
public sealed record ChunkSealed(ulong Index);

/// <summary>Told, by session id, when a session is closed and its anchor is with the log.</summary>
public sealed record SessionClosed(Guid Session, Hash256 ManifestSha256);
