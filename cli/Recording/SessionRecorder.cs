using System.Net;
using System.Runtime.ExceptionServices;

namespace Lucid.Cli.Recording;

/// <param name="Parallel">
/// Chunks on their way at once, 1 to 10; each holds 10 MiB. Two for each core by default: while one is flushed to the disk, another is computed on.
/// </param>
/// <param name="HeartbeatEvery">The silence after which the node hears that we are still there.</param>
/// <param name="AskEvery">Between questions how far the session has come.</param>
internal sealed record RecorderOptions(int Parallel, TimeSpan HeartbeatEvery, TimeSpan AskEvery)
{
    public static RecorderOptions Default { get; } =
        new(Math.Clamp(2 * Environment.ProcessorCount, 4, 8), TimeSpan.FromSeconds(15), TimeSpan.FromMilliseconds(200));
}

/// <summary>
/// Brings chunks to a node and a session to its end. Each chunk is tried until it is stored or refused; that the same bytes may be sent
/// again under the same index is what makes a crash of either side harmless.
/// </summary>
internal sealed class SessionRecorder(
    LucidClient node, Persistence persistence, TimeProvider clock, RecorderOptions options, RecordingState state)
{
    // When the node last heard from us; written by uploads and heartbeats.
    private long _heard = clock.GetTimestamp();
    // The first thing that went wrong; the rest is what that brought with it.
    private Exception? _failure;

    /// <summary>Uploads all chunks. The session stays open.</summary>
    /// <param name="stored">Told of each receipt, in no particular order, from any thread.</param>
    public async Task UploadAsync(
        Guid session, long lease, IAsyncEnumerable<Chunk> chunks, Action<string>? stored, CancellationToken cancellation)
    {
        state.Phase = "recording";
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var heartbeats = GuardAsync(HeartbeatsAsync(session, lease, over.Token), over);
        // The oldest is waited for, not any: so indices on their way never spread wider than the node's window.
        var sending = new Queue<Task>();
        try
        {
            await foreach (var chunk in chunks.WithCancellation(over.Token))
            {
                if (sending.Count == options.Parallel)
                    await sending.Dequeue();
                sending.Enqueue(GuardAsync(SendAsync(session, lease, chunk, stored, over.Token), over));
            }
            while (sending.TryDequeue(out var oldest))
                await oldest;
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(sending.Append(heartbeats)).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Closes the session. Repeating it is harmless.</summary>
    public Task StopAsync(Guid session, long lease, bool acceptGaps, CancellationToken cancellation)
    {
        state.Phase = "sealing";
        return persistence.TryAsync(async token =>
        {
            try
            {
                await node.Sessions.StopAsync(session, lease, acceptGaps, token);
            }
            catch (RefusedException e) when (e.Status == HttpStatusCode.Conflict)
            {
                // The answer to an earlier try may have been lost, and the session be closed already.
                state.Session = await node.Sessions.GetAsync(session, token);
                if (state.Session.IsOpen || state.Session.Status == SessionStatus.Failed)
                    throw;
            }
        }, cancellation);
    }

    /// <summary>Waits until the ledger holds the session.</summary>
    /// <exception cref="CliException">The session failed.</exception>
    public async Task<SessionView> AnchoredAsync(Guid session, CancellationToken cancellation)
    {
        while (true)
        {
            var view = await persistence.TryAsync(token => node.Sessions.GetAsync(session, token), cancellation);
            state.Session = view;
            state.Phase = view.Status;
            switch (view.Status)
            {
                case SessionStatus.Anchored:
                    return view;
                case SessionStatus.Failed:
                    throw new CliException(
                        $"Session {session:D} failed: {view.Failure ?? "the node does not say why"}; when that is mended, continue with: " +
                        $"lucid recover {session:D}", ExitCode.CheckFailed);
                case SessionStatus.Erased:
                    throw new CliException($"Session {session:D} was erased before it was anchored.", ExitCode.CheckFailed);
                default:
                    await Task.Delay(options.AskEvery, clock, cancellation);
                    break;
            }
        }
    }

    /// <summary>Keeps the view's stage counts fresh until cancelled.</summary>
    public async Task WatchPipelineAsync(Guid session, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await LookAtPipelineAsync(session, cancellation);
                await Task.Delay(options.AskEvery, clock, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }

    /// <summary>Takes over the stage counts as they are now. Only for show: that the node is gone is for the upload to notice.</summary>
    public async Task LookAtPipelineAsync(Guid session, CancellationToken cancellation)
    {
        try
        {
            state.Pipeline = await node.Recordings.GetPipelineAsync(session, cancellation);
        }
        catch (Exception e) when (e is RefusedException or NodeUnreachableException)
        {
            // The counts stay as they were.
        }
    }

    /// <summary>Lets one failure end everything at once, also while the source of the chunks is silent.</summary>
    private async Task GuardAsync(Task work, CancellationTokenSource over)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            await over.CancelAsync();
            throw;
        }
    }

    private async Task SendAsync(Guid session, long lease, Chunk chunk, Action<string>? stored, CancellationToken cancellation)
    {
        using (chunk)
        {
            // Hashing a chunk takes its time; whoever cuts the next one should not wait for it.
            await Task.Yield();
            var sent = new NewChunk(chunk.Index, chunk.Bytes) { Track = chunk.Track, TimeMs = (chunk.StartMs, chunk.EndMs) };
            var answer = await persistence.TryAsync(token => node.Chunks.PutAsync(session, lease, sent, token), cancellation);
            Interlocked.Exchange(ref _heard, clock.GetTimestamp());
            stored?.Invoke(answer.Receipt);
            state.Stored(chunk, answer.Repeated);
        }
    }

    private async Task HeartbeatsAsync(Guid session, long lease, CancellationToken cancellation)
    {
        while (true)
        {
            var silent = clock.GetElapsedTime(Interlocked.Read(ref _heard));
            if (silent < options.HeartbeatEvery)
            {
                await Task.Delay(options.HeartbeatEvery - silent, clock, cancellation);
                continue;
            }
            await persistence.TryAsync(token => node.Sessions.HeartbeatAsync(session, lease, token), cancellation);
            Interlocked.Exchange(ref _heard, clock.GetTimestamp());
        }
    }
}
