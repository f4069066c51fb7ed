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
        catch (GrainUnreachableException away)
        {
            _waiting = RecorderAway(RecorderName, away);
            return;
        }
        catch (Exception exception) when (exception is not EngineException)
        {
            // What the engine reports passes, and the next tick tries again; anything else needs a person, who then recovers the session.
            await SaveAsync(State with { Status = SessionStatus.Failed, FailedIn = SessionStatus.Sealing, Failure = exception.Message });
            return;
        }
        _waiting = null;
        try
        {
            if (State.Status == SessionStatus.Anchoring)
                await AnchorAsync();
            if (State is { Status: SessionStatus.Anchored, EraseWanted: true })
                await EraseForGoodAsync();
            if (State is { Status: SessionStatus.Erased, ErasureAnchor: null })
                await AnchorErasureAsync();
        }
        catch (EntryConflictException conflict)
        {
            await SaveAsync(State with { Status = SessionStatus.Failed, FailedIn = State.Status, Failure = conflict.Message });
        }
        catch (GrainUnreachableException away)
        {
            _waiting = LedgerAway(away);
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
        await SaveAsync(await AskRecorderAsync(SignedAsync));
        await self.PublishAsync(self.Key, new SessionClosed(Session, State.ManifestSha256!.Value));
    }

    /// <summary>With all that a recorder has to sign, by one and the same: once it is saved, none is needed.</summary>
    private async Task<SessionState> SignedAsync()
    {
        var latest = await LatestBlockAsync();
        var after = new BlockReference(latest.Height, latest.Id, DateTimeOffset.FromUnixTimeMilliseconds(latest.TimeMs));
        var manifest = ManifestDraft.Write(Session, State, _tally, after);
        var signature = await AtWork(RecorderName).SignManifestAsync(manifest);
        var transaction = await SignForLedgerAsync(Anchor.Of(Manifest.Parse(manifest), manifest));
        return State with
        {
            Status = SessionStatus.Anchoring,
            Tally = _tally.Snapshot(),
            LatestBlock = latest,
            Manifest = manifest,
            ManifestSha256 = Hash256.Of(manifest),
            ManifestSignature = signature,
            AnchorTransaction = transaction,
        };
    }

    private async Task AnchorAsync()
    {
        var anchor = Anchor.Of(Manifest.Parse(State.Manifest), State.Manifest);
        if (await SubmitAsync(LedgerEntryKind.Anchor, anchor, State.AnchorTransaction) is not { } place)
            return;
        // Before the session is anchored, so that a crash in between cannot leave it without its end; too early, the reminder does nothing.
        if (State.Request!.Retention is { } retention)
            await RemindOfRetentionAsync(retention);
        await SaveAsync(State with { Status = SessionStatus.Anchored, Anchor = place, AnchoredAt = Now });
        await self.ForgetAsync(Watch);
    }

    private async Task EraseForGoodAsync()
    {
        // Wrappers before ciphertext before the word "erased": a crash in between is continued, never undone.
        var missing = new List<string>();
        foreach (var holder in KeyHolders.Where(holder => !_keyless.Contains(holder)))
        {
            try
            {
                await AtWork(holder).EraseAsync(Session);
                _keyless.Add(holder);
            }
            catch (GrainUnreachableException away)
            {
                missing.Add(RecorderAway(holder, away));
            }
            catch (Exception refused) when (refused is EngineException or GrainException)
            {
                missing.Add(refused.Message);
            }
        }
        _waiting = missing.Count == 0 ? null : string.Join(" ", missing);
        if (_waiting is null)
            await SayErasedAsync();
    }

    private async Task SayErasedAsync()
    {
        var erasedAt = Now;
        byte[]? transaction;
        try
        {
            transaction = await SignForLedgerAsync(ErasureOf(erasedAt));
        }
        catch (GrainUnreachableException away)
        {
            _waiting = RecorderAway(RecorderName, away);
            return;
        }
        await SaveAsync(State with { Status = SessionStatus.Erased, ErasedAt = erasedAt, ErasureTransaction = transaction });
        await self.ForgetAsync(Retention);
    }

    private async Task AnchorErasureAsync()
    {
        if (await SubmitAsync(LedgerEntryKind.Erasure, ErasureOf(State.ErasedAt!.Value), State.ErasureTransaction) is not { } place)
            return;
        await SaveAsync(State with { ErasureAnchor = place });
        await self.ForgetAsync(Watch);
    }

    private Erasure ErasureOf(DateTimeOffset erasedAt) =>
        new(Session, State.Opened!.RecorderKey, State.ManifestSha256!.Value, erasedAt.ToUnixTimeMilliseconds());

    /// <summary>Where the ledger has the entry; null while it waits for a block and its checkpoint.</summary>
    private async Task<AnchorView?> SubmitAsync(LedgerEntryKind kind, LogEntry entry, byte[]? transaction)
    {
        var log = self.Grains.Get<ILogGrain>(LedgerName);
        // Submitting again is how one asks: the log forgets what waits when its node dies, and answers what it has committed.
        var status = transaction is null ? await log.SubmitAsync(entry.Encode()) : await log.SubmitSignedAsync(transaction);
        if (status.State != EntryState.Published)
            return null;
        var receipt = await log.ReceiptAsync(new EntryKey(Session, State.Opened!.RecorderKey, kind));
        return receipt is null
            ? null
            : new AnchorView(receipt.Index, (long)receipt.Block.Height, DateTimeOffset.FromUnixTimeMilliseconds(receipt.BlockTimeMs));
    }
}
