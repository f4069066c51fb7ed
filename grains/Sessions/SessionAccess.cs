using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>Who may do what with a session.</summary>
internal static class SessionAccess
{
    /// <exception cref="SessionNotFoundException">The caller may not even know that it exists.</exception>
    /// <exception cref="AccessDeniedException"/>
    public static void Require(SessionState state, Caller caller, SessionRight right, Guid session, DateTimeOffset now)
    {
        if (Allows(state, caller, right, session, now))
            return;
        if (!Allows(state, caller, SessionRight.View, session, now))
            throw SessionNotFoundException.For(session.ToString("D"));
        throw new AccessDeniedException($"You may view session {session:D}, and not {Describe(right)} it: it belongs to somebody else.");
    }

    /// <exception cref="AccessDeniedException">The request names an owner that the caller may not record for.</exception>
    public static void RequireOwner(CreateSession request, Caller caller)
    {
        if (caller.OnlySession is not null)
            throw new AccessDeniedException("A token for one session makes no other one; sign in to do that.");
        if (request.Owner != caller.Subject && !caller.May(Permission.UseAnySession))
            throw new AccessDeniedException($"You record sessions of your own, {caller.Subject}, and not of {request.Owner}; leave the owner out.");
    }

    public static bool Allows(SessionState state, Caller caller, SessionRight right, Guid session, DateTimeOffset now)
    {
        if (caller.OnlySession is { } only)
            return only == session && right is SessionRight.View or SessionRight.Record && caller.Subject == state.Request!.Owner;
        if (caller.Subject == state.Request!.Owner || caller.May(Permission.UseAnySession))
            return true;
        return right switch
        {
            SessionRight.View => caller.May(Permission.ViewAllSessions) || IsAuditor(state, caller, now),
            SessionRight.Play => IsAuditor(state, caller, now),
            SessionRight.Erase => caller.May(Permission.DeleteAnySession),
            _ => false,
        };
    }

    /// <summary>
    /// Whether the session's policy has the word. The owner always sees, plays and records their own, or nobody could close it; and whoever may use
    /// every session stands above policies as above ownership, as whoever has the disks does anyway.
    /// </summary>
    public static bool IsLeftToPolicy(SessionState state, Caller caller, SessionRight right) =>
        state.Policy is not null && caller.OnlySession is null && !caller.May(Permission.UseAnySession) &&
        !(caller.Subject == state.Request!.Owner && right is SessionRight.View or SessionRight.Play or SessionRight.Record);

    public static bool IsAuditor(SessionState state, Caller caller, DateTimeOffset now) =>
        state.Shares.Any(share => share.Auditor == caller.Subject && now < share.ExpiresAt);

    public static string Describe(SessionRight right) => right switch
    {
        SessionRight.Play => "play",
        SessionRight.TakeKey => "take the key of",
        SessionRight.Record => "record into",
        SessionRight.Erase => "erase",
        SessionRight.Share => "share",
        _ => "view",
    };
}
