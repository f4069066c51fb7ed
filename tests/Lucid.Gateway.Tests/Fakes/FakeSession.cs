using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A session in memory: as much of the rules as the gateway's tests need, with real leaves and a real manifest.</summary>
internal sealed class FakeSession(Guid id, FakeNode node) : ISessionGrain
{
    private CreateSession? _request;
    private SessionStatus _status;
    private byte[]? _manifest;
    private long _lease;

    public List<Leaf> Leaves { get; } = [];
    public List<SessionShare> Shares { get; } = [];
    public Dictionary<ulong, (byte[] Bytes, string Receipt)> Chunks { get; } = [];

    /// <summary>A policy keeps it from those that it is shared with.</summary>
    public bool IsWithheld { get; set; }

    /// <summary>Closes the session as interrupted, so that resume continues it with a new one.</summary>
    public bool Interrupted { get; set; }

    public Task<SessionView> CreateAsync(Caller caller, CreateSession request) => node.AnswerAsync(() =>
    {
        node.OnCreate(id);
        (_request, _status, _lease) = (request, SessionStatus.Created, 1);
        return View() with { Lease = 1 };
    });

    public Task<SessionView> ChangeAsync(Caller caller, SessionChange change) => node.AnswerAsync(() =>
    {
        ViewFor(caller);
        _request = _request! with
        {
            Name = change.Name ?? _request.Name,
            Description = change.Description ?? _request.Description,
            Tracks = change.Tracks.IsEmpty ? _request.Tracks : change.Tracks,
            IdleLimit = change.IdleLimit ?? _request.IdleLimit,
            Retention = change.Retention ?? _request.Retention,
        };
        return View();
    });

    public Task<SessionView> GetAsync(Caller caller) => RequireAsync(caller, SessionRight.View);

    public Task<SessionView> RequireAsync(Caller caller, SessionRight right, int? track = null) => node.AnswerAsync(() => ViewFor(caller));

    public Task<ChunkAdmission> AdmitAsync(Caller caller, AdmitChunk request) => throw new NotSupportedException();
    public Task CountAsync(CountChunk request) => throw new NotSupportedException();

    public Task HeartbeatAsync(Caller caller, long lease) => node.AnswerAsync(() => Fence(lease));

    public Task<SessionView> PauseAsync(Caller caller, long lease) => node.AnswerAsync(() =>
    {
        Fence(lease);
        _status = SessionStatus.Paused;
        return View();
    });

    public Task<SessionView> ResumeAsync(Caller caller, ResumeSession request) => node.AnswerAsync(() =>
    {
        _lease++;
        return View() with { SessionId = Interrupted ? request.NewSession : id, Lease = _lease };
    });

    /// <summary>Who takes the session over as its recorders are away, in turn. Where there is none it stays.</summary>
    public Queue<string> Heirs { get; } = new();

    /// <summary>The recorders that somebody did not reach.</summary>
    public List<string> MovedFrom { get; } = [];

    /// <summary>Lets the session be at a recorder, and makes it first where it is not there yet.</summary>
    public void BeAt(string recorder)
    {
        _request = _request is null
            ? new CreateSession("local", "one", null, [new TrackInfo(0, "application/octet-stream", "")], TimeSpan.FromHours(1), null, null, recorder)
            : _request with { Recorder = recorder };
        (_status, _lease) = (SessionStatus.Created, 1);
    }

    public Task<SessionView> MoveAsync(string from) => node.AnswerAsync(() =>
    {
        MovedFrom.Add(from);
        if (_request?.Recorder == from && Heirs.TryDequeue(out var heir))
            _request = _request with { Recorder = heir };
        return View();
    });

    public Task<SessionView> StopAsync(Caller caller, StopSession request) => node.AnswerAsync(() =>
    {
        Fence(request.Lease);
        if (Chunks.Count > 0 && !request.AcceptGaps && (ulong)Chunks.Count <= Chunks.Keys.Max())
            throw SessionHolesException.For([0]);
        Close();
        return View();
    });

    public Task<SessionView> RecoverAsync(Caller caller) => node.AnswerAsync(View);

    public Task<SessionView> EraseAsync(Caller caller) => node.AnswerAsync(() =>
    {
        _status = SessionStatus.Erased;
        return View();
    });

    public Task<LeafPage> LeavesAsync(Caller caller, ulong from, int count) => node.AnswerAsync(() =>
    {
        View();
        var page = Leaves.Where(leaf => leaf.Index >= from).Take(count).ToList();
        return new LeafPage(page.Count == 0 ? from : page[^1].Index + 1, [.. page.Select(leaf => leaf.Encode())]);
    });

    public Task<SignedManifest> ManifestAsync(Caller caller) => node.AnswerAsync(() => _manifest is { } bytes
        ? new SignedManifest(bytes, ManifestSignature.Sign(bytes, FakeLedger.Key(4)).ToString())
        : throw new SessionStateException($"Session {id} is {_status}, not closed."));

    public Task<SessionShares> ShareAsync(Caller caller, SessionShare share) => node.AnswerAsync(() =>
    {
        Shares.Add(share);
        return new SessionShares([.. Shares]);
    });

    public Task<SessionShares> UnshareAsync(Caller caller, string auditor) => node.AnswerAsync(() =>
    {
        Shares.RemoveAll(share => share.Auditor == auditor);
        return new SessionShares([.. Shares]);
    });

    public Task<SessionShares> SharesAsync(Caller caller) => node.AnswerAsync(() => new SessionShares([.. Shares]));

    // What a policy leaves to its owner is tested on a real node.
    public Task<SessionApproval> RequestApprovalAsync(Caller caller, ApprovalRequest request) => throw new NotSupportedException();
    public Task<SessionApprovals> ApprovalsAsync(Caller caller) => node.AnswerAsync(() => new SessionApprovals([]));
    public Task<SessionApproval> DecideApprovalAsync(Caller caller, int number, bool approve) => node.AnswerAsync(() =>
        new SessionApproval(number, "auditor", SessionRight.TakeKey, "a-rule", "a look", FakeNode.Start, FakeNode.Start.AddHours(1)) { Status = approve ? ApprovalStatus.Approved : ApprovalStatus.Refused });

    /// <summary>Hands the anchor to the ledger, which makes a block.</summary>
    public void Anchor()
    {
        node.Ledger.Append(Evidence.Records.Anchor.Of(Manifest.Parse(_manifest), _manifest).Encode());
        _status = SessionStatus.Anchored;
    }

    /// <summary>As much of who may see what as a test of the door needs: the owner, and whoever may view all.</summary>
    private SessionView ViewFor(Caller caller) =>
        View() is var view && (caller.Subject == view.Owner || caller.OnlySession == id || caller.May(Permission.ViewAllSessions) || Shares.Any(share => share.Auditor == caller.Subject && !IsWithheld)) ? view : throw SessionNotFoundException.For(id.ToString("D"));

    public SessionView View() => new()
    {
        SessionId = id,
        Owner = (_request ?? throw SessionNotFoundException.For(id.ToString("D"))).Owner,
        Name = _request.Name,
        Description = _request.Description,
        Status = _status,
        Waiting = _status == SessionStatus.Anchoring ? "the next block" : null,
        Recorder = _request.Recorder,
        CreatedAt = FakeNode.Start,
        Tracks = _request.Tracks,
        IdleLimitSeconds = (int)_request.IdleLimit.TotalSeconds,
        RetentionSeconds = (long?)_request.Retention?.TotalSeconds,
        Continues = _request.Continues,
        NextIndex = (ulong)Leaves.Count,
        CountedAhead = [],
        LeafCount = Leaves.Count,
        ChunkCount = Chunks.Count,
        GapCount = 0,
        GapMs = 0,
        DurationMs = 0,
        SizeBytes = Chunks.Sum(chunk => chunk.Value.Bytes.Length),
        StoredBytes = Chunks.Sum(chunk => chunk.Value.Bytes.Length),
        MerkleRoot = Root(),
        ManifestSha256 = _manifest is { } bytes ? Hash256.Of(bytes) : null,
        Anchor = _status == SessionStatus.Anchored ? new AnchorView(0, 1, FakeNode.Start) : null,
    };

    public void Fence(long lease)
    {
        View();
        if (lease < _lease)
            throw FencedException.For(lease, _lease);
    }

    public void Close()
    {
        var totals = Leaves.Aggregate(LeafTotals.None, (sum, leaf) => sum.Add(leaf));
        var latest = node.Ledger.LatestAsync().GetAwaiter().GetResult();
        var manifest = new Manifest
        {
            Network = node.Ledger.Network,
            Session = id,
            Owner = _request!.Owner,
            OwnerSalt = Hash256.Of([1]),
            StartedAt = FakeNode.Start,
            EndedAt = FakeNode.Start.AddMinutes(1),
            Recorder = new ManifestRecorder("node-1", FakeLedger.Key(4).PublicKey, "lucid/0.1.0"),
            PolicyHash = Hash256.Zero,
            Outcome = SessionOutcome.Closed,
            Continues = null,
            LeafCount = 0,
            ChunkCount = 0,
            GapCount = 0,
            PlainBytes = 0,
            CipherBytes = 0,
            GapMs = 0,
            DurationMs = 0,
            SessionRoot = Hash256.Zero,
            KeyCommitment = Hash256.Of([2]),
            AfterBlock = new BlockReference(latest.Height, latest.Id, DateTimeOffset.FromUnixTimeMilliseconds(latest.TimeMs)),
            Tracks = [.. _request.Tracks.Select(track => new ManifestTrack(track.Track, track.MediaType, track.Name))],
        };
        _manifest = manifest.WithLeaves(totals, Root()).Encode();
        _status = SessionStatus.Anchoring;
    }

    private Hash256 Root() => new MerkleTree(Leaves.Select(leaf => leaf.Hash())).Root();
}

/// <summary>A chunk's grain over what its session remembers.</summary>
internal sealed class FakeChunk(FakeSession session, ulong index) : IChunkGrain
{
    public Task<ChunkRecord> GetAsync() => Task.FromResult(session.Chunks.TryGetValue(index, out var chunk)
        ? new ChunkRecord(ChunkStage.Stored, default, default, chunk.Receipt, 1)
        : new ChunkRecord(ChunkStage.None, default, default, "", 0));

    public Task<ChunkRecord> StoredAsync(ChunkRecord record) => throw new NotSupportedException();
}
