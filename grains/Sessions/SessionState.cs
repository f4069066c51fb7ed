using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>What is kept of a session. The leaves are in its journal; <see cref="Tally"/> says how far they are folded in here.</summary>
public sealed record SessionState
{
    public SessionStatus Status { get; init; }

    /// <summary>What the session is to be: as it was asked for, with what was changed since.</summary>
    public CreateSession? Request { get; init; }

    /// <summary>The <see cref="SessionGrain.Fingerprint"/> of what was asked for, once <see cref="Request"/> is another; null before.</summary>
    public Hash256? Asked { get; init; }

    /// <summary>What the recorder answered when it opened the session or, after a move, took it over.</summary>
    public SessionOpened? Opened { get; init; }

    /// <summary>The recorders that have the session's key, or may have it: the opener first, then its heirs. Empty for the recorder alone.</summary>
    public ImmutableArray<string> KeyHolders { get; init; } = [];

    /// <summary>The newest block that the session has heard of; null where its ledger was never asked, or not reached.</summary>
    public BlockPoint? LatestBlock { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public DateTimeOffset? AnchoredAt { get; init; }
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>The newest lease; older ones are fenced.</summary>
    public long Lease { get; init; }

    /// <summary>Which request made that lease, so that it makes no other when it comes again.</summary>
    public Guid? ResumedBy { get; init; }

    /// <summary>When the running pause began, in ms since the start.</summary>
    public long? PausedAtMs { get; init; }

    /// <summary>Stretches of time that were not recorded, as far as known. They become leaves when the session closes.</summary>
    public ImmutableArray<TimeGap> TimeGaps { get; init; } = [];

    /// <summary>The recorder's clock claims nothing before this for a chunk without times, in ms since the start: nobody recorded then.</summary>
    public long NotBeforeMs { get; init; }

    /// <summary>The end of the last outage that was looked at, so that none is counted twice.</summary>
    public DateTimeOffset OutagesSeenUntil { get; init; }

    public LeafTallySnapshot Tally { get; init; } = new();

    /// <summary>closed or interrupted, from the moment the session begins to close.</summary>
    public SessionOutcome? Outcome { get; init; }

    /// <summary>What failed, while <see cref="Status"/> is failed.</summary>
    public string? Failure { get; init; }

    /// <summary>The status that recovering goes back to.</summary>
    public SessionStatus FailedIn { get; init; }

    /// <summary>The exact bytes that are anchored.</summary>
    public byte[]? Manifest { get; init; }

    public Hash256? ManifestSha256 { get; init; }
    public string? ManifestSignature { get; init; }

    /// <summary>The anchor as its recorder signed it for another node's ledger; null where the ledger is its own.</summary>
    public byte[]? AnchorTransaction { get; init; }

    public AnchorView? Anchor { get; init; }

    /// <summary>Someone asked for erasure; it is carried out even if the node dies in between.</summary>
    public bool EraseWanted { get; init; }

    /// <summary>The record of the erasure, signed as <see cref="AnchorTransaction"/> is.</summary>
    public byte[]? ErasureTransaction { get; init; }

    /// <summary>Where the ledger holds the record of the erasure.</summary>
    public AnchorView? ErasureAnchor { get; init; }

    public Guid? ContinuedBy { get; init; }

    /// <summary>Who beside the owner may view and play it, those included that have expired since the last change.</summary>
    public ImmutableArray<SessionShare> Shares { get; init; } = [];

    /// <summary>Under what it is recorded; null for no policy.</summary>
    public SessionPolicy? Policy { get; init; }

    /// <summary>What was asked of the policy's owner, those included that have expired since the last change.</summary>
    public ImmutableArray<SessionApproval> Approvals { get; init; } = [];

    /// <summary>How many requests for approval there ever were.</summary>
    public int ApprovalsAsked { get; init; }
}

/// <summary>A stretch of a session's time without recording, in ms since its start.</summary>
public sealed record TimeGap(long StartMs, long EndMs, GapCause Cause);
