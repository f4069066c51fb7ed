namespace Lucid.Gateway.Circuits;

/// <summary>
/// Remembers how often in a row one grain gave no answer in time. After too many it is asked by one call at a time and only now and then, first
/// after a second, then after twice as long each time up to a bound: so whoever waits in vain are few, and a grain that is back is soon found.
/// </summary>
internal sealed class Circuit(int failures, TimeSpan longest)
{
    private static readonly TimeSpan _shortest = TimeSpan.FromSeconds(1);

    // All of it belongs to whoever holds the gate.
    private readonly Lock _gate = new();
    private int _inARow;
    private TimeSpan _pause;
    private TimeSpan _triesAt;
    private TimeSpan _failedAt;
    private bool _isTrying;

    /// <returns>Null where the grain may be asked; else how long not. Whoever may says how it went.</returns>
    public TimeSpan? Enter(TimeSpan now, out bool isTry)
    {
        lock (_gate)
        {
            isTry = false;
            if (_inARow < failures)
                return null;
            if (_isTrying || now < _triesAt)
                return _triesAt > now ? _triesAt - now : _shortest;
            _isTrying = isTry = true;
            return null;
        }
    }

    /// <summary>It gave no answer.</summary>
    public void Fail(TimeSpan now, bool isTry)
    {
        lock (_gate)
        {
            _failedAt = now;
            // Calls that set out before it was too many say nothing new.
            if (_inARow >= failures && !isTry)
                return;
            if (++_inARow < failures)
                return;
            _isTrying = false;
            var next = _pause * 2;
            _pause = next < _shortest ? _shortest : next > longest ? longest : next;
            _triesAt = now + _pause;
        }
    }

    /// <summary>It was not asked after all, or what came says nothing about it.</summary>
    public void Leave(bool isTry)
    {
        lock (_gate)
            _isTrying &= !isTry;
    }

    /// <summary>Whether its last failure is so long ago that it is worth no place any more.</summary>
    public bool IsOld(TimeSpan now)
    {
        lock (_gate)
            return !_isTrying && now - _failedAt > longest + longest;
    }
}
