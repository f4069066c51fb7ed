using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>From the last chunk to the anchor, and to erasure. Each step is saved before the next, and each can be repeated.</summary>
public partial class SessionGrain
{
    /// <param name="trailing">Why the time since the last recorded moment is missing; null where nothing is.</param>
    private async Task CloseAsync(SessionOutcome outcome, GapCause? trailing)
    {
        await CountForgottenAsync();
        var closing = WithPauseEnded();
        if (trailing is { } cause && _tally.End < NowMs)
            closing = closing with { TimeGaps = [.. closing.TimeGaps, .. Timeline.Beyond(closing.TimeGaps, new TimeGap(_tally.End, NowMs, cause))] };
        await SaveAsync(closing with { Status = SessionStatus.Sealing, Outcome = outcome, ClosedAt = Now, Tally = _tally.Snapshot() });
        await AdvanceAsync();
    }

    /// <summary>Takes the session as far as it can go now. Does nothing where there is nothing to do.</summary>
    private async Task AdvanceAsync()
    {
        try
        {
            if (State.Status == SessionStatus.Sealing)
                await SealAsync();
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or LedgerDamagedException)
        {
            // The manifest names the newest block, so it waits for the ledger; what was recorded is safe meanwhile.
            _waiting = exception.Message;
            return;
        }
        catch (Exception exception) when (exception is not EngineException)
        {
            // What the engine reports passes, and the next tick tries again; anything else needs a person, who then recovers the session.
            await SaveAsync(State with { Status = SessionStatus.Failed, FailedIn = SessionStatus.Sealing, Failure = exception.Message });
            return;
        }
        try
        {
            if (State.Status == SessionStatus.Anchoring)
                await AnchorAsync();
            if (State is { Status: SessionStatus.Anchored, EraseWanted: true })
                await EraseForGoodAsync();
            if (State is { Status: SessionStatus.Erased, ErasureAnchor: null })
                await AnchorErasureAsync();
            _waiting = null;
        }
        catch (EntryConflictException conflict)
        {
            await SaveAsync(State with { Status = SessionStatus.Failed, FailedIn = State.Status, Failure = conflict.Message });
        }
        catch (Exception exception) when (exception is EngineException or GrainException)
        {
            _waiting = exception.Message;
        }
    }

    /// <summary>Turns what is missing into leaves, and draws up and signs the manifest.</summary>
    private async Task SealAsync()
    {
        foreach (var hole in Timeline.Holes(Session, _tally.Next, _tally.LastEndMs, _tally.Ahead).ToList())
            await CountAsync(hole);
        // Those before TimeGaps were appended by an earlier try.
        foreach (var gap in State.TimeGaps.Skip(_tally.TimeGaps).ToList())
            await CountAsync(new GapLeaf(Session, _tally.Next, 0, gap.StartMs, gap.EndMs, gap.Cause));
        var latest = await Chain.LatestAsync();
        var after = new BlockReference(latest.Height, latest.Id, DateTimeOffset.FromUnixTimeMilliseconds(latest.TimeMs));
        var manifest = ManifestDraft.Write(Session, State, _tally, after);
        var signature = await RecorderAtWork.SignManifestAsync(manifest);
        var sha256 = Hash256.Of(manifest);
        await SaveAsync(State with
        {
            Status = SessionStatus.Anchoring,
            Tally = _tally.Snapshot(),
            Manifest = manifest,
            ManifestSha256 = sha256,
            ManifestSignature = signature,
        });
        await self.PublishAsync(self.Key, new SessionClosed(Session, sha256));
    }

    private async Task AnchorAsync()
    {
        var anchor = Anchor.Of(Manifest.Parse(State.Manifest), State.Manifest);
        if (await SubmitAsync(LedgerEntryKind.Anchor, anchor.Encode()) is not { } place)
            return;
        // Before the session is anchored, so that a crash in between cannot leave it without its end; too early, the reminder does nothing.
        if (State.Request!.Retention is { } retention)
            await self.RemindAsync(Retention, retention, TimeSpan.FromHours(1));
        await SaveAsync(State with { Status = SessionStatus.Anchored, Anchor = place, AnchoredAt = Now });
        await self.ForgetAsync(Watch);
    }

    private async Task EraseForGoodAsync()
    {
        // Wrappers before ciphertext before the word "erased": a crash in between is continued, never undone.
        await RecorderAtWork.EraseAsync(Session);
        await SaveAsync(State with { Status = SessionStatus.Erased, ErasedAt = Now });
        await self.ForgetAsync(Retention);
    }

    private async Task AnchorErasureAsync()
    {
        var erasure = new Erasure(Session, State.Opened!.RecorderKey, State.ManifestSha256!.Value, State.ErasedAt!.Value.ToUnixTimeMilliseconds());
        if (await SubmitAsync(LedgerEntryKind.Erasure, erasure.Encode()) is not { } place)
            return;
        await SaveAsync(State with { ErasureAnchor = place });
        await self.ForgetAsync(Watch);
    }

    /// <summary>Where the ledger has the entry; null while it waits for a block and its checkpoint.</summary>
    private async Task<AnchorView?> SubmitAsync(LedgerEntryKind kind, byte[] entry)
    {
        // Submitting again is how one asks: the log forgets what waits when its node dies, and answers what it has committed.
        if ((await Log.SubmitAsync(entry)).State != EntryState.Published)
            return null;
        var receipt = await Log.ReceiptAsync(new EntryKey(Session, State.Opened!.RecorderKey, kind));
        return receipt is null
            ? null
            : new AnchorView(receipt.Index, (long)receipt.Block.Height, DateTimeOffset.FromUnixTimeMilliseconds(receipt.BlockTimeMs));
    }
}
