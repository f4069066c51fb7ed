using System.Collections.Concurrent;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Tokens that were verified, by their hash: who has the cache has no token. Two generations, so that it is bounded without a clock, a list or a
/// lock on the way: once the younger is full it becomes the older, and what is asked for moves up again.
/// </summary>
/// <param name="size">Tokens at most.</param>
internal sealed class TokenCache(int size)
{
    private readonly Lock _turn = new();

    // Swapped whole, under the lock.
    private volatile Generations _now = new();

    /// <summary>Expired ones too: whoever asks looks at the clock.</summary>
    public AdmittedToken? Find(in Hash256 hash)
    {
        var now = _now;
        if (now.Young.TryGetValue(hash, out var known))
            return known;
        if (now.Old.TryGetValue(hash, out known))
            Add(hash, known);
        return known;
    }

    public void Add(in Hash256 hash, AdmittedToken token)
    {
        var now = _now;
        if (!now.Young.TryAdd(hash, token) || Interlocked.Increment(ref now.Count) < size / 2)
            return;
        lock (_turn)
        {
            if (_now == now)
                _now = new Generations(now.Young);
        }
    }

    public int Count => _now.Young.Count + _now.Old.Count;

    private sealed class Generations(ConcurrentDictionary<Hash256, AdmittedToken>? old = null)
    {
        public int Count;
        public ConcurrentDictionary<Hash256, AdmittedToken> Young { get; } = new();
        public ConcurrentDictionary<Hash256, AdmittedToken> Old { get; } = old ?? new();
    }
}

/// <summary>An access token that let somebody in.</summary>
/// <param name="Caller">Made once, not for each request.</param>
internal sealed record AdmittedToken(AccessToken Token, Caller Caller);
