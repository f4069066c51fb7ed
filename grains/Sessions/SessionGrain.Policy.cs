using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>
/// What the policy says that the session is recorded under: pinned when the session is made, asked whenever somebody wants more than the owner
/// always may. Where the policy cannot be asked, nobody is let in.
/// </summary>
public partial class SessionGrain
{
    private ITrustPolicyGrain PolicyOf(SessionPolicy pinned) => self.Grains.Get<ITrustPolicyGrain>(pinned.PolicyId.ToString("D"));

    private ImmutableArray<SessionApproval> ValidApprovals() => State.Approvals.RemoveAll(one => one.ExpiresAt <= Now);

    /// <summary>Under what a session is to be recorded; null for no policy.</summary>
    private async Task<SessionPolicy?> PinPolicyAsync(Caller caller, CreateSession request)
    {
        if (request.Pinned is { } pinned)
        {
            if (caller != Caller.Lucid)
                throw new AccessDeniedException("Only a session that continues another one is begun under what that one was recorded under.");
            return await MayHostAsync(pinned, request.Recorder) ? pinned : throw RecorderNotAllowedException.For(pinned.PolicyId, request.Recorder);
        }
        return request.Policy is { } policy
            ? await self.Grains.Get<ITrustPolicyGrain>(policy.ToString("D")).PinAsync(request.Owner, request.Recorder)
            : null;
    }

    /// <summary>Whether the policy lets a node record. One that was revoked meanwhile still says so: what is recorded goes on.</summary>
    private async Task<bool> MayHostAsync(SessionPolicy pinned, string recorder)
    {
        var answer = await PolicyOf(pinned).AskAsync(pinned.Version, pinned.Sha256, new PolicyRequest { Act = PolicyAct.Host, Recorder = recorder, At = Now });
        return answer.Outcome == PolicyOutcome.Allow;
    }

    private ValueTask RequireRightAsync(Caller caller, SessionRight right, int? track = null)
    {
        RefuseMissing();
        if (SessionAccess.IsLeftToPolicy(State, caller, right))
            return new ValueTask(RequireByPolicyAsync(caller, right, track));
        SessionAccess.Require(State, caller, right, Session, Now);
        return ValueTask.CompletedTask;
    }

    private async Task RequireByPolicyAsync(Caller caller, SessionRight right, int? track)
    {
        var answer = await AskPolicyAsync(caller, right, track);
        if (Allows(answer, caller, right, track))
            return;
        if (answer is { Outcome: PolicyOutcome.NeedsApproval, IsRevoked: false })
            throw new ApprovalNeededException($"To {SessionAccess.Describe(right)} session {self.Key} takes the approval of {State.Policy!.Owner} (rule {answer.Rule}): ask for it, and try again once it is given.");
        if (right == SessionRight.View || !await MayViewAsync(caller))
            throw SessionNotFoundException.For(self.Key);
        var why = answer.IsRevoked ? "it is revoked" : answer.Rule is null ? "no rule allows it" : $"rule {answer.Rule}";
        throw new AccessDeniedException($"You may view session {self.Key}, and not {SessionAccess.Describe(right)} it: policy {State.Policy!.PolicyId:D} denies that ({why}).");
    }

    private async Task<bool> MayViewAsync(Caller caller) => SessionAccess.IsLeftToPolicy(State, caller, SessionRight.View)
        ? Allows(await AskPolicyAsync(caller, SessionRight.View, track: null), caller, SessionRight.View, track: null)
        : SessionAccess.Allows(State, caller, SessionRight.View, Session, Now);

    private Task<PolicyAnswer> AskPolicyAsync(Caller caller, SessionRight right, int? track)
    {
        var pinned = State.Policy!;
        return PolicyOf(pinned).AskAsync(pinned.Version, pinned.Sha256, new PolicyRequest
        {
            Act = ActOf(right),
            Subject = caller.Subject,
            Role = EnumWords.Of(caller.Role),
            OwnsSession = caller.Subject == State.Request!.Owner,
            Tracks = track is { } one ? [one] : [.. State.Request.Tracks.Select(info => info.Track)],
            Bytes = (long)_tally.Totals.PlainBytes,
            // Chunks that were stored and not told of are still counted while the session closes.
            StillRecords = State.ManifestSha256 is null,
            At = Now,
        });
    }

    /// <summary>A share, which took the policy's consent when it was given, does where the policy says nothing; against its word nothing does.</summary>
    private bool Allows(PolicyAnswer answer, Caller caller, SessionRight right, int? track) => answer switch
    {
        { IsRevoked: true } => false,
        { Outcome: PolicyOutcome.Allow } => true,
        { Outcome: PolicyOutcome.NeedsApproval } => ValidApprovals().Any(one => one.Status == ApprovalStatus.Approved && IsFor(one, caller, right, track, answer.Rule!)),
        { Rule: null } => right is SessionRight.View or SessionRight.Play && SessionAccess.IsAuditor(State, caller, Now),
        _ => false,
    };

    public async Task<SessionApproval> RequestApprovalAsync(Caller caller, ApprovalRequest request)
    {
        RefuseMissing();
        if (request.Reason.Length is < 1 or > SessionApproval.MaxReason || request.Reason.Any(char.IsControl))
            throw new InvalidRequestException($"A reason has 1 to {SessionApproval.MaxReason} characters without control characters, not {request.Reason.Length}.");
        if (request is { Track: not null, Right: not SessionRight.Play })
            throw new InvalidRequestException($"track: to {SessionAccess.Describe(request.Right)} a session is about no track of it but all; leave it out.");
        var answer = SessionAccess.IsLeftToPolicy(State, caller, request.Right) ? await AskPolicyAsync(caller, request.Right, request.Track) : null;
        if (answer is not { Outcome: PolicyOutcome.NeedsApproval, IsRevoked: false })
        {
            await RequireRightAsync(caller, request.Right, request.Track);
            throw new InvalidRequestException($"You may {SessionAccess.Describe(request.Right)} session {self.Key} already; no approval is needed.");
        }
        var valid = ValidApprovals();
        // The same once more: a retry, or somebody who does not take no for an answer.
        if (valid.FirstOrDefault(one => IsFor(one, caller, request.Right, request.Track, answer.Rule!)) is { } before)
            return before;
        if (valid.Length >= SessionApproval.Most)
            throw new InvalidRequestException($"{SessionApproval.Most} requests for approval wait or hold already; try again when one of them has expired.");
        var asked = new SessionApproval(
            State.ApprovalsAsked + 1, caller.Subject, request.Right, answer.Rule!, request.Reason, Now, Now.AddSeconds(answer.Approval!.ApprovalSeconds))
        {
            Track = request.Track,
            GrantSeconds = answer.Approval.GrantSeconds,
        };
        await SaveAsync(State with { Approvals = valid.Add(asked), ApprovalsAsked = asked.Number });
        return asked;
    }

    public async Task<SessionApprovals> ApprovalsAsync(Caller caller)
    {
        RefuseMissing();
        if (DecidesApprovals(caller))
            return new SessionApprovals(ValidApprovals());
        var own = ValidApprovals().RemoveAll(one => one.Subject != caller.Subject);
        if (own.IsEmpty || caller.OnlySession is not null)
            await RequireRightAsync(caller, SessionRight.View);
        return new SessionApprovals(own);
    }

    public async Task<SessionApproval> DecideApprovalAsync(Caller caller, int number, bool approve)
    {
        RefuseMissing();
        if (!DecidesApprovals(caller))
        {
            await RequireRightAsync(caller, SessionRight.View);
            throw new AccessDeniedException(State.Policy is { } policy
                ? $"What session {self.Key} needs approvals for, {policy.Owner} approves alone."
                : $"Session {self.Key} is recorded under no policy: nothing of it needs an approval.");
        }
        var valid = ValidApprovals();
        var wanted = approve ? ApprovalStatus.Approved : ApprovalStatus.Refused;
        // What was given can be taken back, and what was refused is not given: whoever asked was told no.
        var asked = valid.FirstOrDefault(one => one.Number == number && (!approve || one.Status != ApprovalStatus.Refused)) ??
            throw new InvalidRequestException($"No request {number} for approval waits: it was decided otherwise, has expired, or never was.");
        if (asked.Status == wanted)
            return asked;
        var decided = asked with { Status = wanted, DecidedAt = Now, ExpiresAt = approve ? Now.AddSeconds(asked.GrantSeconds) : asked.ExpiresAt };
        await SaveAsync(State with { Approvals = valid.Replace(asked, decided) });
        return decided;
    }

    private bool DecidesApprovals(Caller caller) => caller.OnlySession is null && caller.Subject == State.Policy?.Owner;

    /// <summary>Whether it is about that, or about all tracks where one of them is wanted.</summary>
    private static bool IsFor(SessionApproval approval, Caller caller, SessionRight right, int? track, string rule) =>
        approval.Subject == caller.Subject && approval.Right == right && approval.Rule == rule && (approval.Track is null || approval.Track == track);

    private static PolicyAct ActOf(SessionRight right) => right switch
    {
        SessionRight.View => PolicyAct.View,
        SessionRight.Play => PolicyAct.Play,
        SessionRight.TakeKey => PolicyAct.TakeKey,
        SessionRight.Record => PolicyAct.Record,
        SessionRight.Erase => PolicyAct.Erase,
        SessionRight.Share => PolicyAct.Share,
        _ => throw new ArgumentOutOfRangeException(nameof(right), right, "No such right."),
    };
}
