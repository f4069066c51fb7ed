using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>
/// Decides what happens to a session; the pure parts stand in <see cref="LeafTally"/>, <see cref="Timeline"/> and
/// <see cref="ManifestDraft"/>. The journal of leaves is the truth about what is counted: the state holds a snapshot of the tally, and an
/// activation folds in the rows that came after it.
/// </summary>
public partial class SessionGrain(IActivation<SessionState> self, ISessionDirectory directory, SessionOptions options)
    : ISessionGrain, IActivated, IReminded, IHandles<LogEntryCommitted>, IHandles<ChunkSealed>
{
    private const string Watch = "watch";
    private const string Retention = "retention";

    private readonly IJournal<LeafRow> _leaves = self.Journal<LeafRow>("leaves");

    // Owned by this activation and rebuilt by the next one: where the tally stands, when the recording side was last heard of, the times
    // handed out to chunks that are being sealed, and who has destroyed the session's key.
    private readonly Dictionary<ulong, ChunkTimes> _admitted = [];
    private readonly Dictionary<int, long> _admittedUntil = [];
    private readonly HashSet<string> _keyless = [];
    private LeafTally _tally = new(new LeafTallySnapshot());
    private long _lastContact;
    private string? _waiting;
    private IDisposable? _ticking;

    private SessionState State => self.State;
    private Guid Session => Guid.ParseExact(self.Key, "D");
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(self.Clock.GetUtcNow().ToUnixTimeMilliseconds());
    private long NowMs => Math.Max(0, (long)(Now - State.CreatedAt).TotalMilliseconds);
    private bool TakesChunks => State.Status is SessionStatus.Created or SessionStatus.Recording;

    /// <summary>Nothing is left to be done until someone asks.</summary>
    private bool IsSettled =>
        State.Status == SessionStatus.Failed || State is { Status: SessionStatus.Anchored, EraseWanted: false } or
        { Status: SessionStatus.Erased, ErasureAnchor: not null };

    private bool IsOpen => TakesChunks || State.Status == SessionStatus.Paused;

    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        if (State.Status == SessionStatus.None)
        {
            await directory.CheckNewAsync(Session, cancellation);
            return;
        }
        _tally = new LeafTally(State.Tally);
        while (await _leaves.ReadAsync(_tally.Rows, 1000) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                _tally.Add(Leaf.Parse(row.Leaf));
        }
        _lastContact = self.Clock.GetTimestamp();
        if (IsOpen && await ConditionUnlessAwayAsync() is { } condition)
            await NoteOutageAsync(condition);
        // The list may be behind by the transition that a crash cut off, or be new altogether.
        await directory.UpsertAsync(View(), State.Shares, cancellation);
        if (!IsSettled)
            KeepTicking();
    }

    public async Task<SessionView> CreateAsync(Caller caller, CreateSession request)
    {
        SessionAccess.RequireOwner(request, caller);
        if (State.Status != SessionStatus.None)
        {
            return IsRepeated(caller, request)
                ? View(withLease: true)
                : throw new SessionConflictException($"Session {self.Key} exists already; ids are single use.");
        }
        RefuseInvalid(request);
        var policy = await PinPolicyAsync(caller, request);
        var opened = await OpenAsync(request.Recorder);
        var latest = await LatestBlockToRememberAsync(opened);
        // The reminder first: a session that nobody watches would stay open for ever, a reminder without a session forgets itself.
        await self.RemindAsync(Watch, options.Reminder, options.Reminder);
        await SaveAsync(State with
        {
            Status = SessionStatus.Created,
            Request = request,
            Policy = policy,
            Opened = opened,
            KeyHolders = [.. opened.Heirs.Prepend(opened.Recorder).Concat(State.KeyHolders).Distinct(StringComparer.Ordinal)],
            LatestBlock = latest,
            CreatedAt = Now,
            OutagesSeenUntil = Now,
            Lease = 1,
        });
        _lastContact = self.Clock.GetTimestamp();
        KeepTicking();
        return View(withLease: true);
    }

    public Task<SessionView> GetAsync(Caller caller) => RequireAsync(caller, SessionRight.View);

    public async Task<SessionView> RequireAsync(Caller caller, SessionRight right, int? track = null)
    {
        await RequireRightAsync(caller, right, track);
        return View();
    }

    public async Task<ChunkAdmission> AdmitAsync(Caller caller, AdmitChunk request)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        RefuseFenced(request.Lease);
        RefuseInvalid(request);
        var network = State.Opened!.Network;
        if (_tally.Has(request.Index))
        {
            // Gaps are leaves from the moment that a session is closed, and whatever is stored under such an index came too late.
            if (!IsOpen && Leaf.Parse(await LeafAsync(request.Index)) is GapLeaf)
                throw RefuseLate(request.Index);
            return new ChunkAdmission(Counted: true, new ChunkTimes(0, 0), network);
        }
        RefuseUnlessTakingChunks();
        if (request.Index >= _tally.Next + (ulong)options.Window)
            throw new ChunkWindowException(
                $"Chunk {request.Index} is too far ahead: chunk {_tally.Next} is missing, and at most {options.Window} chunks may arrive out of order. Send chunk {_tally.Next} first.");
        // Whoever comes while no recorder can be reached is not silent.
        _lastContact = self.Clock.GetTimestamp();
        var condition = await AskRecorderAsync(() => Recorder.ConditionAsync());
        // For every chunk, because the session stays in memory while its recorder's node restarts.
        await NoteOutageAsync(condition);
        if (!condition.HasRoom)
        {
            await CloseAsync(SessionOutcome.Interrupted, GapCause.Overload);
            throw new NoRoomException($"The recorder has no room ({condition.Room}); the session was closed with a gap. Free space on the node, then resume.");
        }
        return new ChunkAdmission(Counted: false, request.Times ?? ServerTimes(request.Index, request.Track), network);
    }

    public async Task CountAsync(CountChunk request)
    {
        RefuseMissing();
        if (_tally.Has(request.Index))
        {
            // What stands there may be a gap: the session was closed while the chunk was being sealed. Only its own leaf earns it a receipt.
            if ((await LeafAsync(request.Index)).AsSpan().SequenceEqual(request.Leaf.Span))
                return;
            RefuseFenced(request.Lease);
            throw RefuseLate(request.Index);
        }
        RefuseFenced(request.Lease);
        RefuseUnlessTakingChunks();
        await CountAsync(Leaf.Parse(request.Leaf.Span));
        _lastContact = self.Clock.GetTimestamp();
    }

    public async Task HeartbeatAsync(Caller caller, long lease)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        RefuseFenced(lease);
        if (!IsOpen)
            throw Refuse("takes no heartbeats");
        _lastContact = self.Clock.GetTimestamp();
    }

    public async Task<SessionView> PauseAsync(Caller caller, long lease)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        RefuseFenced(lease);
        if (State.Status == SessionStatus.Paused)
            return View();
        RefuseUnlessTakingChunks();
        if (State.TimeGaps.Length >= options.MaxTimeGaps)
            throw new SessionStateException($"Session {self.Key} was paused or cut off {options.MaxTimeGaps} times, which is the most; stop it and begin a new one.");
        _lastContact = self.Clock.GetTimestamp();
        await SaveAsync(State with { Status = SessionStatus.Paused, PausedAtMs = NowMs });
        return View();
    }

    public async Task<SessionView> ResumeAsync(Caller caller, ResumeSession request)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        if (!IsOpen && State.Outcome == SessionOutcome.Interrupted)
        {
            // The id is kept first: should this node die before the new session exists, the next call makes it under the same id.
            if (State.ContinuedBy is null)
                await SaveAsync(State with { ContinuedBy = request.NewSession });
            return await ContinueAsync(self.Grains.Get<ISessionGrain>(State.ContinuedBy!.Value.ToString("D")));
        }
        if (!IsOpen)
            throw Refuse("cannot be resumed; only running and interrupted sessions can");
        // The same request once more: its answer was lost on the way.
        if (State.ResumedBy == request.NewSession)
            return View(withLease: true);
        // Under the old lease still: what was stored under it is counted now or never.
        await CountForgottenAsync();
        var status = _tally.Rows > 0 ? SessionStatus.Recording : SessionStatus.Created;
        _lastContact = self.Clock.GetTimestamp();
        _admitted.Clear();
        await SaveAsync(WithPauseEnded() with { Status = status, Lease = State.Lease + 1, ResumedBy = request.NewSession });
        return View(withLease: true);
    }

    public async Task<SessionView> StopAsync(Caller caller, StopSession request)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        RefuseFenced(request.Lease);
        if (IsOpen)
        {
            await CountForgottenAsync();
            var holes = _tally.Holes().ToList();
            if (holes.Count > 0 && !request.AcceptGaps)
                throw SessionHolesException.For(holes);
            await CloseAsync(SessionOutcome.Closed, trailing: null);
        }
        return View();
    }

    public async Task<SessionView> RecoverAsync(Caller caller)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        if (State.Status == SessionStatus.Failed)
        {
            await SaveAsync(State with { Status = State.FailedIn, Failure = null });
            await self.RemindAsync(Watch, options.Reminder, options.Reminder);
            KeepTicking();
            await AdvanceAsync();
        }
        return View();
    }

    public async Task<SessionView> EraseAsync(Caller caller)
    {
        await RequireRightAsync(caller, SessionRight.Erase);
        return await EraseAsync();
    }

    private async Task<SessionView> EraseAsync()
    {
        if (State.Status != SessionStatus.Erased)
        {
            if (State.Status != SessionStatus.Anchored)
                throw Refuse("cannot be erased before it is anchored; stop it and wait for its anchor");
            await self.RemindAsync(Watch, options.Reminder, options.Reminder);
            await SaveAsync(State with { EraseWanted = true });
            KeepTicking();
            await AdvanceAsync();
        }
        return View();
    }

    public async Task<LeafPage> LeavesAsync(Caller caller, ulong from, int count)
    {
        await RequireRightAsync(caller, SessionRight.View);
        return await LeavesAsync(from, count);
    }

    private async Task<LeafPage> LeavesAsync(ulong from, int count)
    {
        if (count is < 1 or > 1000)
            throw new InvalidRequestException($"A page has 1 to 1,000 leaves, not {count}.");
        var end = Math.Min(_tally.Next, from + (ulong)count);
        if (from >= end)
            return new LeafPage(_tally.Next, []);
        // A leaf's row is less than a window away from its index: it arrived while the lowest missing index was at most a window behind. The
        // widest window that could ever be configured is taken, since the option may have been another one when the leaf came.
        const ulong window = SessionOptions.MaxWindow;
        var firstRow = from - Math.Min(from, window);
        var rows = await _leaves.ReadAsync((long)firstRow, (int)(end - firstRow + window));
        var found = new SortedDictionary<ulong, byte[]>();
        foreach (var row in rows)
        {
            var index = Leaf.Parse(row.Leaf).Index;
            if (index >= from && index < end)
                found.TryAdd(index, row.Leaf);
        }
        return new LeafPage(end, [.. found.Values]);
    }

    public async Task<SignedManifest> ManifestAsync(Caller caller)
    {
        await RequireRightAsync(caller, SessionRight.View);
        return State is { Manifest: { } manifest, ManifestSignature: { } signature }
            ? new SignedManifest(manifest, signature)
            : throw Refuse("has no manifest yet; it gets one when it is stopped");
    }

    public Task HandleAsync(LogEntryCommitted item) => State.Status == SessionStatus.None ? Task.CompletedTask : AdvanceAsync();

    public Task HandleAsync(ChunkSealed item) =>
        // The usual case by far: the recorder's own call has counted it already.
        TakesChunks && !_tally.Has(item.Index) ? CountForgottenAsync(item.Index) : Task.CompletedTask;

    public async Task RemindedAsync(string name)
    {
        if (State.Status == SessionStatus.None)
            await self.ForgetAsync(name);
        else if (name == Retention && State.Status == SessionStatus.Anchored)
            await EndRetentionAsync();
        else if (name == Watch && IsSettled)
            await self.ForgetAsync(Watch);
        else
            await TickAsync();
    }

    /// <summary>What time brings: an idle session closes, an anchoring one looks for its anchor.</summary>
    private async Task TickAsync()
    {
        if (IsOpen && self.Clock.GetElapsedTime(_lastContact) >= State.Request!.IdleLimit)
            await CloseAsync(SessionOutcome.Interrupted, GapCause.RecorderCrash);
        else if (IsSettled)
            // Nothing will happen here until someone asks, who wakes it again: thousands of sessions that are over take no memory and no ticks.
            self.Deactivate();
        else if (!IsOpen)
            await AdvanceAsync();
    }

    /// <summary>The exact bytes of a counted leaf.</summary>
    private async Task<byte[]> LeafAsync(ulong index) =>
        index < _tally.Next ? (await LeavesAsync(index, 1)).Leaves[0] : _tally.Ahead.First(leaf => leaf.Index == index).Encode();

    private void KeepTicking() => _ticking ??= self.Every(options.Tick, options.Tick, _ => TickAsync());

    private async Task CountAsync(Leaf leaf)
    {
        // Whatever the tally would refuse is refused before the row is there: a row cannot be taken back.
        _tally.Check(leaf);
        await _leaves.AppendAsync(new LeafRow(leaf.Encode()));
        _tally.Add(leaf);
        _admitted.Remove(leaf.Index);
        // Outages are kept for track 0, so only what that track delivers makes them good.
        var gaps = leaf is ChunkLeaf { Track: 0 }
            ? Timeline.Cover(State.TimeGaps, new ChunkTimes(leaf.StartMs, leaf.EndMs), options.MaxTimeGaps)
            : State.TimeGaps;
        if (State.Status == SessionStatus.Created || gaps != State.TimeGaps || _tally.Rows - State.Tally.Rows >= options.SnapshotEvery)
        {
            var status = State.Status == SessionStatus.Created ? SessionStatus.Recording : State.Status;
            await SaveAsync(State with { Status = status, TimeGaps = gaps, Tally = _tally.Snapshot() });
        }
    }

    /// <summary>
    /// Counts chunks that were stored under the newest lease, but whose recorder died before it could say so. Those of an older lease may be
    /// replaced at any moment by whoever holds the newest, so they are not counted any more.
    /// </summary>
    private async Task CountForgottenAsync()
    {
        var end = _tally.Next + (ulong)options.Window;
        for (var index = _tally.Next; index < end; index++)
            await CountForgottenAsync(index);
    }

    private async Task CountForgottenAsync(ulong index)
    {
        if (_tally.Has(index))
            return;
        var chunk = await self.Grains.Get<IChunkGrain>($"{self.Key}/{index}").GetAsync();
        if (chunk.Stage != ChunkStage.None && chunk.Lease == State.Lease && !_tally.Has(index))
            await CountAsync(Leaf.Parse(chunk.Leaf.Span));
    }

    /// <summary>
    /// Times by the recorder's clock: from where the track's last chunk ended until now. A chunk that is tried again keeps its beginning, so
    /// that a retry leaves no hole; time before the last outage or pause is never claimed.
    /// </summary>
    private ChunkTimes ServerTimes(ulong index, int track)
    {
        var start = _admitted.TryGetValue(index, out var before)
            ? before.StartMs
            : Math.Max(State.NotBeforeMs, Math.Max(_tally.TrackEnd(track), _admittedUntil.GetValueOrDefault(track)));
        var times = new ChunkTimes(start, Math.Max(start, NowMs));
        _admitted[index] = times;
        _admittedUntil[track] = Math.Max(times.EndMs, _admittedUntil.GetValueOrDefault(track));
        return times;
    }

    private SessionState WithPauseEnded() => State.PausedAtMs is { } since
        ? State with { PausedAtMs = null, NotBeforeMs = NowMs, TimeGaps = State.TimeGaps.Add(new TimeGap(since, NowMs, GapCause.Paused)) }
        : State;

    private async Task SaveAsync(SessionState next)
    {
        await self.SaveAsync(next);
        await directory.UpsertAsync(View(), State.Shares, CancellationToken.None);
    }
}
