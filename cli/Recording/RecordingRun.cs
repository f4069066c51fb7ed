using Lucid.Cli.Node;

namespace Lucid.Cli.Recording;

/// <param name="Name">What people will call the session.</param>
/// <param name="Resume">The session to go on with.</param>
/// <param name="Receipts">Where chunk receipts are kept.</param>
/// <param name="Stop">Ends a stream where it stands; the session is closed as if the stream had ended there.</param>
internal sealed record RecordingRequest(RecordingSource Source, string Name, Guid? Resume, string? Receipts, CancellationToken Stop)
{
    /// <summary>The trust policy that a new session is recorded under.</summary>
    public Guid? Policy { get; init; }
}

/// <summary>One recording from its first byte to the closed session.</summary>
/// <param name="note">Tells the person what they should know.</param>
/// <param name="opened">Told the session as soon as there is one.</param>
internal sealed class RecordingRun(NodeConnection node, TimeProvider clock, RecordingState state, Action<string> note, Action<Guid> opened)
{
    private const int IdleLimitSeconds = 60;

    /// <summary>How long a session that is being opened is waited for after Ctrl-C, so that it can be named.</summary>
    private static readonly TimeSpan OpensWithin = TimeSpan.FromSeconds(2);

    private readonly SessionRecorder _recorder = new(node.Client, node.Persistence, clock, RecorderOptions.Default, state);

    /// <summary>The session, once there is one: what to resume should anything go wrong.</summary>
    public Guid? Session { get; private set; }

    /// <summary>Records all of the source and closes the session.</summary>
    public async Task<SessionView> RunAsync(RecordingRequest request, CancellationToken cancellation)
    {
        var source = request.Source;
        var plan = request.Resume is { } resumed
            ? await new Resumption(node.Client, node.Persistence, note).PlanAsync(resumed, source, cancellation)
            : new ResumePlan(await CreateAsync(request, cancellation), null, 0, 0, AcceptGaps: false);
        if (plan.Session is not { } session)
        {
            note($"Session {plan.Whole!.SessionId:D} is whole already; nothing is left to record.");
            Session = plan.Whole.SessionId;
            return plan.Whole;
        }
        Session = session.SessionId;
        opened(session.SessionId);
        state.Session = session;
        state.Skipped(plan.Skip);
        var lease = session.Lease ?? throw new RefusedException(default, "", "The node opened a session without giving its lease.");
        var elapsed = request.Resume is null ? TimeSpan.Zero : clock.GetUtcNow() - (session.StartedAt ?? session.CreatedAt);
        var time = new SessionClock(clock, elapsed > TimeSpan.Zero ? elapsed : TimeSpan.Zero);

        using var receipts = request.Receipts is { } path ? ReceiptFile.Open(path, append: request.Resume is not null) : null;
        await using (var stream = source.Open())
        {
            if (plan.Skip > 0)
                stream.Seek(plan.Skip, SeekOrigin.Begin);
            var chunks = source.Repeatable
                ? new FileChunks(stream, plan.FirstIndex, time).ReadAsync(cancellation)
                : new StreamChunks(stream, plan.FirstIndex, time, Chunk.MaxTime, clock).ReadAsync(request.Stop, cancellation);
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var watch = _recorder.WatchPipelineAsync(session.SessionId, watching.Token);
            try
            {
                await _recorder.UploadAsync(
                    session.SessionId, lease, chunks, receipts is null ? null : receipts.Add, cancellation);
            }
            finally
            {
                await watching.CancelAsync();
                await watch;
            }
        }
        await _recorder.LookAtPipelineAsync(session.SessionId, cancellation);
        await _recorder.StopAsync(session.SessionId, lease, plan.AcceptGaps, cancellation);
        return session;
    }

    /// <summary>Waits until the ledger holds the session.</summary>
    public Task<SessionView> AnchoredAsync(Guid session, CancellationToken cancellation) => _recorder.AnchoredAsync(session, cancellation);

    private Task<SessionView> CreateAsync(RecordingRequest request, CancellationToken cancellation)
    {
        // A try whose answer was lost leaves an empty session behind, which closes by itself.
        var session = new NewSession(request.Name)
        {
            Tracks = [new TrackView(0, request.Source.MediaType, request.Source.Name)],
            IdleLimitSeconds = IdleLimitSeconds,
            PolicyId = request.Policy,
        };
        return node.Persistence.TryAsync(async token =>
        {
            // Not cut off in mid-air: whoever interrupts is told the session's id, should there be one.
            using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
            await using var interrupted = token.Register(() => late.CancelAfter(OpensWithin));
            return await node.Client.Sessions.CreateAsync(session, cancellation: late.Token);
        }, cancellation);
    }
}
