using System.Collections.Immutable;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>Who beside the owner may view and play a session.</summary>
public partial class SessionGrain
{
    public async Task<SessionShares> ShareAsync(Caller caller, SessionShare share)
    {
        await RequireRightAsync(caller, SessionRight.Share);
        if (share.Auditor.Length is < 1 or > 256)
            throw new InvalidRequestException($"An auditor is named by a user's id of 1 to 256 characters, not {share.Auditor.Length}.");
        if (share.Auditor == State.Request!.Owner)
            throw new InvalidRequestException($"{share.Auditor} owns the session and needs no share of it.");
        if (share.ExpiresAt <= Now)
            throw new InvalidRequestException($"A share ends in the future, not at {share.ExpiresAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}.");
        var shares = Valid();
        var before = shares.FirstOrDefault(one => one.Auditor == share.Auditor);
        if (before is null && shares.Length == SessionShare.Most)
            throw new InvalidRequestException($"A session is shared with {SessionShare.Most} at most; take one back first.");
        await SaveAsync(State with { Shares = before is null ? shares.Add(share) : shares.Replace(before, share) });
        return new SessionShares(Valid());
    }

    public async Task<SessionShares> UnshareAsync(Caller caller, string auditor)
    {
        await RequireSharesAsync(caller);
        var left = Valid().RemoveAll(share => share.Auditor == auditor);
        if (left.Length != State.Shares.Length)
            await SaveAsync(State with { Shares = left });
        return new SessionShares(left);
    }

    public async Task<SessionShares> SharesAsync(Caller caller)
    {
        await RequireSharesAsync(caller);
        return new SessionShares(Valid());
    }

    /// <summary>Whatever a policy says, an owner sees with whom they have shared, and takes it back: that lets nobody in.</summary>
    private ValueTask RequireSharesAsync(Caller caller)
    {
        RefuseMissing();
        return caller.OnlySession is null && caller.Subject == State.Request!.Owner ? ValueTask.CompletedTask : RequireRightAsync(caller, SessionRight.Share);
    }

    private ImmutableArray<SessionShare> Valid() => State.Shares.RemoveAll(share => share.ExpiresAt <= Now);
}
