using System.Collections.Immutable;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>
/// Who records: at first the recorder that opened the session, and while that cannot be reached the next one that has its key. Two that work
/// for one session at a time do no harm, because a chunk's grain takes what the first of them stored.
/// </summary>
public partial class SessionGrain
{
    private string RecorderName => State.Opened!.Recorder;
    private IRecorderGrain Recorder => self.Grains.Get<IRecorderGrain>(RecorderName);

    /// <summary>Who has the session's key. A session of before there were heirs has but its recorder.</summary>
    private ImmutableArray<string> KeyHolders => State.KeyHolders.IsDefaultOrEmpty ? [RecorderName] : State.KeyHolders;

    /// <summary>
    /// The others that have the key, from the one after the recorder on and round: whoever cannot reach several recorders comes to one that
    /// can be reached.
    /// </summary>
    private IEnumerable<string> OtherKeyHolders
    {
        get
        {
            var (holders, own) = (KeyHolders, KeyHolders.IndexOf(RecorderName));
            return Enumerable.Range(1, holders.Length - 1).Select(step => holders[(own + step) % holders.Length]);
        }
    }

    public async Task<SessionView> MoveAsync(string from)
    {
        RefuseMissing();
        if (from == RecorderName && (IsOpen || State.Status == SessionStatus.Sealing))
        {
            // Whoever wants to reach the recorder is not silent.
            _lastContact = self.Clock.GetTimestamp();
            await MoveOnAsync();
        }
        return View();
    }

    // What waits for the recorder's disk or signs has a grain beside that one: the question before every chunk must not wait behind it.
    private IRecorderGrain AtWork(string recorder) => self.Grains.Get<IRecorderGrain>($"{recorder}/{self.Key[^1]}");

    private async Task<SessionOpened> OpenAsync(string recorder)
    {
        try
        {
            return await AtWork(recorder).OpenSessionAsync(Session);
        }
        catch (Exception unanswered) when (unanswered is GrainUnreachableException or CallDeadlineException)
        {
            // It may have made the key all the same. Should another one open the session, that key is to be erased as well.
            await self.SaveAsync(State with { KeyHolders = [.. State.KeyHolders.Append(recorder).Distinct(StringComparer.Ordinal)] });
            throw;
        }
    }

    /// <summary>Asks the recorder and, as long as it cannot be reached, the one that the session then moves to.</summary>
    private async Task<T> AskRecorderAsync<T>(Func<Task<T>> ask)
    {
        // Once for each: one may die right after it took over, but they do not die for ever.
        for (var left = KeyHolders.Length; ; left--)
        {
            try
            {
                return await ask();
            }
            catch (GrainUnreachableException) when (left > 0)
            {
                await MoveOnAsync();
            }
        }
    }

    /// <summary>Makes the first of the others that will and can the session's recorder.</summary>
    /// <exception cref="GrainUnreachableException">Nobody can.</exception>
    private async Task MoveOnAsync()
    {
        var refusals = new List<string>();
        foreach (var next in OtherKeyHolders)
        {
            if (State.Policy is { } pinned && !await MayHostAsync(pinned, next))
            {
                refusals.Add($"{next}: policy {pinned.PolicyId:D} does not let it record");
                continue;
            }
            try
            {
                var opened = await AtWork(next).TakeOverAsync(Session);
                if (IsSameSession(opened, next))
                {
                    await GoOnAtAsync(opened);
                    return;
                }
                refusals.Add($"{next} answers for another key, salt or network than the session's");
            }
            catch (Exception refusal) when (refusal is GrainUnreachableException or CallDeadlineException or MailboxFullException or EngineStoppedException or GrainException)
            {
                refusals.Add($"{next}: {(refusal as GrainUnreachableException)?.Reason ?? refusal.Message}");
            }
        }
        throw new GrainUnreachableException(
            $"recorder/{RecorderName}",
            refusals.Count == 0 ? "no other recorder has the session's key" : $"nor does another one that has the session's key take over: {string.Join("; ", refusals)}");
    }

    /// <summary>A recorder with another key would seal chunks that the session's key does not open.</summary>
    private bool IsSameSession(SessionOpened opened, string recorder) =>
        opened.Recorder == recorder && opened.KeyCommitment == State.Opened!.KeyCommitment && opened.Salt == State.Opened.Salt &&
        opened.Network == State.Opened.Network;

    private Task GoOnAtAsync(SessionOpened opened) =>
        // Nobody knows when the other one died, so everything since the last chunk is missing until someone delivers it. What the new one was
        // down for before it took over is none of the session's.
        SaveAsync(WithOutage(_tally.End, NowMs) with { Opened = opened, OutagesSeenUntil = Now });

    /// <summary>Opens the session that goes on with this one, at the first of its recorders that can be reached.</summary>
    private async Task<SessionView> ContinueAsync(ISessionGrain next)
    {
        // What is recorded goes on under what it was begun under, whatever has become of that policy since.
        var request = State.Request! with { Continues = Session, Pinned = State.Policy };
        var recorders = OtherKeyHolders.Prepend(RecorderName).ToList();
        for (var i = 0; ; i++)
        {
            try
            {
                return await next.CreateAsync(Caller.Lucid, request with { Recorder = recorders[i] });
            }
            catch (Exception other) when (other is GrainUnreachableException or RecorderNotAllowedException && i + 1 < recorders.Count)
            {
                // Whichever of them makes the session, it is the same one. One may be away, and another one not be let record by the policy.
            }
        }
    }

    /// <summary>Null while the recorder is away: the next chunk finds it back, or moves the session.</summary>
    private async Task<RecorderCondition?> ConditionUnlessAwayAsync()
    {
        try
        {
            return await Recorder.ConditionAsync();
        }
        catch (GrainUnreachableException)
        {
            return null;
        }
    }

    /// <summary>The stretch in which the node was down is missing, unless chunks with times of their own cover it later.</summary>
    private async Task NoteOutageAsync(RecorderCondition condition)
    {
        if (condition.LastDown is not { } down || down.To <= State.OutagesSeenUntil)
            return;
        var from = Math.Max(_tally.End, (long)(down.From - State.CreatedAt).TotalMilliseconds);
        var to = (long)(down.To - State.CreatedAt).TotalMilliseconds;
        await SaveAsync(WithOutage(from, to) with { OutagesSeenUntil = down.To });
    }

    /// <summary>With nobody there for a stretch of time, in ms since the start. What lies in a pause, or behind the end, is missing anyway.</summary>
    private SessionState WithOutage(long from, long to)
    {
        // A chunk that is tried again keeps its beginning, but not across an outage.
        _admitted.Clear();
        var gaps = State.TimeGaps;
        if (TakesChunks && from < to)
        {
            // At the limit the last two become one; the seconds between them are then said to be missing too, never the other way round.
            var more = Timeline.Beyond(gaps, new TimeGap(from, to, GapCause.NodeDown)).ToList();
            gaps = more.Count == 0 || gaps.Length + more.Count <= options.MaxTimeGaps
                ? gaps.AddRange(more)
                : gaps.SetItem(gaps.Length - 1, gaps[^1] with { StartMs = Math.Min(gaps[^1].StartMs, from), EndMs = Math.Max(gaps[^1].EndMs, to) });
        }
        return State with { TimeGaps = gaps, NotBeforeMs = Math.Max(State.NotBeforeMs, to) };
    }

    private static string RecorderAway(string recorder, GrainUnreachableException away) =>
        $"recorder {recorder}, which has the session's key, cannot be reached; {away.Reason}";
}
