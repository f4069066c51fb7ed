using Lucid.GrainInterfaces.Limits;

namespace Lucid.Gateway.Limits;

/// <summary>
/// One partition's permits at this gateway. They are leased from the grain about a twentieth of the limit at a time, and as much again is
/// given on credit before the grain is asked: most callers need no more in a minute, and cost no call. So over several gateways nobody gets more
/// than the limit and a twentieth for each gateway beyond the first; with one gateway it is the limit.
/// </summary>
internal sealed class Quota(QuotaTerms terms, string grain, string partition, QuotaSource source)
{
    private const int Parts = 20;

    private readonly int _lease = Math.Max(1, terms.Limit / Parts);
    private readonly int _credit = terms.Limit / Parts;

    // Everything below belongs to whoever holds the gate.
    private readonly Lock _gate = new();
    private int _held;
    private TimeSpan _owesSince;
    private TokenBucket _shared = TokenBucket.Full(terms, source.Now);
    private TokenBucket _alone = TokenBucket.Full(source.Alone(terms), source.Now);
    private TimeSpan _aloneUntil = TimeSpan.MinValue;
    private TimeSpan _blockedUntil = TimeSpan.MinValue;
    private Task? _asking;
    private int _waiting;
    private TimeSpan _usedAt = source.Now;

    /// <summary>Whether nobody has asked for two windows, so that forgetting it changes nothing: what is blocked, the grain knows.</summary>
    public bool IsIdle(TimeSpan now)
    {
        lock (_gate)
            return now - _usedAt >= terms.Window * 2 && _asking is null;
    }

    /// <summary>Takes one permit, or says when there will be one.</summary>
    public async ValueTask<QuotaVerdict> TakeAsync(CancellationToken cancellation)
    {
        for (var isWaiting = false; ; isWaiting = true)
        {
            Task asking;
            lock (_gate)
            {
                if (Decide(source.Now) is { } verdict)
                    return verdict;
                if (!isWaiting)
                    _waiting++;
                asking = _asking ??= AskAsync();
            }
            await asking.WaitAsync(cancellation);
        }
    }

    /// <summary>Gives one permit back, for a request that another limit refused: to where it came from, or an outage of the grain would make permits.</summary>
    public void Return(QuotaVerdict taken)
    {
        lock (_gate)
        {
            if (taken.IsAlone)
                _alone = _alone.Take(-1, source.Now, source.Alone(terms));
            else
                _held++;
        }
    }

    /// <returns>Null where only the grain knows.</returns>
    private QuotaVerdict? Decide(TimeSpan now)
    {
        _usedAt = now;
        if (now < _blockedUntil)
            return Refuse(_blockedUntil - now);
        if (now < _aloneUntil)
            return DecideAlone(now);
        // The grain's bucket has refilled more than that since.
        if (_held < 0 && now - _owesSince >= terms.Window)
            _held = 0;
        // At most, because other gateways may have taken some of it.
        var left = _shared.LeftAt(now, terms) + _held;
        if (_held > 0 || (_held > -_credit && TokenBucket.Whole(left) > 0))
        {
            if (_held-- == 0)
                _owesSince = now;
            return Grant(left - 1, terms);
        }
        // Whoever is blocked by it has to be seen by the grain.
        return TokenBucket.Whole(left) == 0 && terms.Block == TimeSpan.Zero ? Refuse(TokenBucket.TimeFor(1 - left, terms)) : null;
    }

    private QuotaVerdict DecideAlone(TimeSpan now)
    {
        var alone = source.Alone(terms);
        if (_alone.WholeAt(now, alone) == 0)
            return Refuse(TokenBucket.TimeFor(1 - _alone.LeftAt(now, alone), alone));
        _alone = _alone.Take(1, now, alone);
        return Grant(_alone.Permits, alone) with { IsAlone = true };
    }

    private QuotaVerdict Grant(double left, QuotaTerms of) => new(
        IsGranted: true, terms.Limit, Math.Min(TokenBucket.Whole(left), terms.Limit), TokenBucket.TimeFor(of.Limit - left, of), TimeSpan.Zero);

    private QuotaVerdict Refuse(TimeSpan wait) => new(IsGranted: false, terms.Limit, 0, wait > terms.Window ? wait : terms.Window, wait);

    /// <summary>One call for all who wait.</summary>
    private async Task AskAsync()
    {
        // Whoever starts it holds the gate.
        await Task.Yield();
        QuotaLease? lease = null;
        try
        {
            int wanted;
            lock (_gate)
                (wanted, _waiting) = (Math.Max(_lease, _waiting) - Math.Min(0, _held), 0);
            lease = await source.TakeAsync(grain, new QuotaRequest(partition, terms, wanted));
        }
        finally
        {
            lock (_gate)
                Settle(lease, source.Now);
        }
    }

    private void Settle(QuotaLease? lease, TimeSpan now)
    {
        _asking = null;
        if (lease is null)
        {
            _aloneUntil = now + QuotaSource.Pause;
            return;
        }
        _held += lease.Granted;
        _shared = new TokenBucket(lease.Left, now);
        _blockedUntil = now + lease.BlockedFor;
    }
}
