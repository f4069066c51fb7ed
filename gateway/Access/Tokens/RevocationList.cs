using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>What this gateway has heard of tokens that ended before their time. One writes, any number read.</summary>
internal sealed class RevocationList
{
    private readonly ConcurrentDictionary<Guid, Revocation> _sessions = new();
    private readonly ConcurrentDictionary<string, Revocation> _subjects = new(StringComparer.Ordinal);
    private long _renewBefore = DateTimeOffset.MinValue.UtcTicks;

    public int Count => _sessions.Count + _subjects.Count;

    /// <summary>All tokens issued earlier are to be renewed. It never goes back: what was folded into it once is told no more.</summary>
    public void RenewBefore(DateTimeOffset moment)
    {
        if (moment.UtcTicks > Volatile.Read(ref _renewBefore))
            Volatile.Write(ref _renewBefore, moment.UtcTicks);
    }

    public void Add(Revocation revocation)
    {
        if (revocation.LoginSession is { } session)
            _sessions.AddOrUpdate(session, revocation, (_, known) => known.Until > revocation.Until ? known : revocation);
        else if (revocation.Subject is { } subject)
            _subjects.AddOrUpdate(subject, revocation, (_, known) => Widest(known, revocation));
    }

    public TokenStanding Find(AccessToken token) =>
        _sessions.ContainsKey(token.LoginSession) || (_subjects.TryGetValue(token.Subject, out var known) && token.Issued < known.IssuedBefore) ? TokenStanding.Revoked
        : token.Issued.UtcTicks < Volatile.Read(ref _renewBefore) ? TokenStanding.ToRenew
        : TokenStanding.Good;

    /// <summary>Forgets what concerns no token any more.</summary>
    public void DropOver(DateTimeOffset now)
    {
        foreach (var over in _sessions.Where(one => one.Value.IsOver(now)))
            _sessions.TryRemove(over);
        foreach (var over in _subjects.Where(one => one.Value.IsOver(now)))
            _subjects.TryRemove(over);
    }

    private static Revocation Widest(Revocation one, Revocation other) => one with
    {
        IssuedBefore = one.IssuedBefore > other.IssuedBefore ? one.IssuedBefore : other.IssuedBefore,
        Until = one.Until > other.Until ? one.Until : other.Until,
    };
}

internal enum TokenStanding
{
    Good,

    /// <summary>It was revoked.</summary>
    Revoked,

    /// <summary>It may have been revoked, and nobody knows any more. Whoever can refresh it was not.</summary>
    ToRenew,
}
