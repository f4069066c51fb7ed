using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>What a session tells, and what it refuses.</summary>
public partial class SessionGrain
{
    private static readonly TimeSpan _shortestIdle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestIdle = TimeSpan.FromHours(24);

    private SessionView View(bool withLease = false)
    {
        var request = State.Request!;
        var totals = _tally.Totals;
        return new SessionView
        {
            SessionId = Session,
            Owner = request.Owner,
            Name = request.Name,
            Description = request.Description,
            Status = State.Status,
            Outcome = State.Outcome?.ToString().ToLowerInvariant(),
            Failure = State.Failure,
            Waiting = State.Status switch
            {
                SessionStatus.Anchoring => _waiting ?? "the next block",
                SessionStatus.Sealing => _waiting,
                SessionStatus.Anchored when State.EraseWanted => _waiting ?? "the recorders that have its key",
                _ => null,
            },
            Recorder = RecorderName,
            CreatedAt = State.CreatedAt,
            StartedAt = State.CreatedAt,
            CompletedAt = State.ClosedAt,
            ErasedAt = State.ErasedAt,
            Tracks = request.Tracks,
            IdleLimitSeconds = (int)request.IdleLimit.TotalSeconds,
            RetentionSeconds = (long?)request.Retention?.TotalSeconds,
            Continues = request.Continues,
            ContinuedBy = State.ContinuedBy,
            Lease = withLease ? State.Lease : null,
            NextIndex = _tally.Next,
            CountedAhead = [.. _tally.Ahead.Select(leaf => leaf.Index)],
            LeafCount = (long)totals.Leaves,
            ChunkCount = (long)totals.Chunks,
            GapCount = (long)totals.Gaps,
            GapMs = totals.GapMs,
            DurationMs = totals.DurationMs,
            SizeBytes = (long)totals.PlainBytes,
            StoredBytes = (long)totals.CipherBytes,
            MerkleRoot = _tally.Root(),
            ManifestSha256 = State.ManifestSha256,
            Anchor = State.Anchor,
            Policy = State.Policy,
        };
    }

    private void RefuseMissing()
    {
        if (State.Status == SessionStatus.None)
            throw SessionNotFoundException.For(self.Key);
    }

    private void RefuseFenced(long lease)
    {
        if (lease != State.Lease)
            throw FencedException.For(lease, State.Lease);
    }

    private void RefuseUnlessTakingChunks()
    {
        if (State.Status == SessionStatus.Paused)
            throw Refuse("takes no chunks; resume it first");
        if (!TakesChunks)
            throw Refuse("takes no chunks any more; begin a new session");
    }

    private SessionStateException RefuseLate(ulong index) =>
        Refuse($"has a gap in the place of chunk {index}, which came too late; record it in a new session");

    private SessionStateException Refuse(string what) => new($"Session {self.Key} is {State.Status.ToString().ToLowerInvariant()} and {what}.");

    private static void RefuseInvalid(CreateSession request)
    {
        if (request.Name.Length is < 1 or > 255)
            throw new InvalidRequestException($"A session's name has 1 to 255 characters, not {request.Name.Length}.");
        if (request.Description?.Length > 1000)
            throw new InvalidRequestException($"A description has at most 1,000 characters, not {request.Description.Length}.");
        if (request.IdleLimit < _shortestIdle || request.IdleLimit > _longestIdle)
            throw new InvalidRequestException($"The idle limit is 10 to 86,400 seconds, not {request.IdleLimit.TotalSeconds}.");
        if (request.Retention is { } retention && retention < TimeSpan.FromMinutes(1))
            throw new InvalidRequestException($"Retention is at least 60 seconds, not {retention.TotalSeconds}.");
        if (request.Tracks.IsDefaultOrEmpty || request.Tracks[0].Track != 0 || request.Tracks.Length > 16)
            throw new InvalidRequestException("A session has 1 to 16 tracks, numbered from 0.");
        for (var i = 0; i < request.Tracks.Length; i++)
        {
            if (request.Tracks[i].Track != i)
                throw new InvalidRequestException($"Tracks are numbered from 0 without holes; the one at place {i} says {request.Tracks[i].Track}.");
        }
        if (ManifestDraft.Problem(request) is { } problem)
            throw new InvalidRequestException(problem);
    }

    private void RefuseInvalid(AdmitChunk request)
    {
        if (request.Track < 0 || request.Track >= State.Request!.Tracks.Length)
            throw new InvalidRequestException($"The session has the tracks 0 to {State.Request!.Tracks.Length - 1}, not {request.Track}.");
        if (request.Index > Leaf.MaxIndex)
            throw new InvalidRequestException($"A chunk's index is at most {Leaf.MaxIndex}, not {request.Index}.");
        if (request.Times is { } times && (times.StartMs < 0 || times.EndMs < times.StartMs || times.EndMs > Leaf.MaxMs))
            throw new InvalidRequestException($"A chunk's times rise from 0, in ms since the session's start; they are {times.StartMs},{times.EndMs}.");
        if (request.Times is { } ahead && ahead.EndMs > NowMs + (long)options.MaxAhead.TotalMilliseconds)
            throw new InvalidRequestException(
                $"A chunk ends {ahead.EndMs} ms after the session's start, which was {NowMs} ms ago; it may lie at most {options.MaxAhead.TotalSeconds} s ahead.");
    }
}
