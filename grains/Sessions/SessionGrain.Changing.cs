using System.Text.Json;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>What of a session can be changed, and until when.</summary>
public partial class SessionGrain
{
    public async Task<SessionView> ChangeAsync(Caller caller, SessionChange change)
    {
        await RequireRightAsync(caller, SessionRight.Record);
        if (caller.OnlySession is not null)
            throw new AccessDeniedException("A token for one session records into it, and changes nothing of what it is; sign in to do that.");
        var before = State.Request!;
        var tracks = change.Tracks.IsDefaultOrEmpty || change.Tracks.SequenceEqual(before.Tracks) ? before.Tracks : change.Tracks;
        var next = before with
        {
            Name = change.Name ?? before.Name,
            Description = change.Description is { } description ? description.Length == 0 ? null : description : before.Description,
            Tracks = tracks,
            IdleLimit = change.IdleLimit ?? before.IdleLimit,
            Retention = change.Retention is { } retention ? retention == TimeSpan.Zero ? null : retention : before.Retention,
        };
        if (next == before)
            return View();
        RefuseInvalid(next);
        if (next.Tracks != before.Tracks)
            RefuseTracks(next);
        if (next.IdleLimit != before.IdleLimit && !IsOpen)
            throw Refuse("has no idle limit any more; it is closed");
        if (next.Retention != before.Retention)
            await PrepareRetentionAsync(caller, next.Retention);
        await SaveAsync(State with { Request = next, Asked = State.Asked ?? Fingerprint(before) });
        return View();
    }

    private void RefuseTracks(CreateSession next)
    {
        if (State.ManifestSha256 is not null)
            throw Refuse("keeps its tracks: its manifest is sealed, and names them");
        if (next.Tracks.Length != State.Request!.Tracks.Length)
            throw new InvalidRequestException($"The session has {State.Request.Tracks.Length} tracks, and keeps as many; give all of them, not {next.Tracks.Length}.");
    }

    /// <summary>Whoever says when it erases itself erases it, only later.</summary>
    private async Task PrepareRetentionAsync(Caller caller, TimeSpan? retention)
    {
        await RequireRightAsync(caller, SessionRight.Erase);
        if (State.Status == SessionStatus.Erased || State.EraseWanted)
            throw Refuse("has nothing left to keep or to erase");
        if (State.AnchoredAt is not { } anchored || retention is not { } kept)
            return;
        var end = anchored + kept;
        if (end <= Now)
            throw new InvalidRequestException($"Kept for {kept.TotalSeconds} s the session would have been erased at {end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}; to have it erased now, erase it.");
        // Before it is saved, as when the session is anchored: a reminder that comes too early puts itself off, and one that does not come keeps it for ever.
        if (anchored + State.Request!.Retention is not { } before || end < before)
            await RemindOfRetentionAsync(end - Now);
    }

    private Task RemindOfRetentionAsync(TimeSpan due) => self.RemindAsync(Retention, due, TimeSpan.FromHours(1));

    /// <summary>What the reminder of an anchored session's retention brings: since it was set, that may have become longer, or been taken back.</summary>
    private async Task EndRetentionAsync()
    {
        if (State.AnchoredAt + State.Request!.Retention is not { } end)
            await self.ForgetAsync(Retention);
        else if (end > Now)
            await RemindOfRetentionAsync(end - Now);
        else
            await EraseAsync();
    }

    private bool IsRepeated(Caller caller, CreateSession request) =>
        // The one that goes on may bear another name by now, and so may this one. Nobody else makes a session in Lucid's name.
        caller == Caller.Lucid && request.Continues is { } continued
            ? continued == State.Request!.Continues
            : Fingerprint(request) == (State.Asked ?? Fingerprint(State.Request!));

    /// <summary>The SHA-256 of a request, whichever recorder it names: what is kept of the first one takes no room.</summary>
    private static Hash256 Fingerprint(CreateSession request) => Hash256.Of(JsonSerializer.SerializeToUtf8Bytes(request with { Recorder = "" }, GrainJson.Options));
}
