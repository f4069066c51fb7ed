namespace Lucid.Bench.Engines;

/// <summary>How long sessions waited for the next good answer after a silo was killed. Seconds.</summary>
internal sealed class Waits
{
    private const double Allowed = 15;

    // Owned by whoever holds the lock.
    private readonly SortedDictionary<(bool IsMoved, string What), (List<double> Seconds, int Refused)> _kinds = [];
    private readonly Lock _gate = new();

    /// <param name="isMoved">Whether the dead silo recorded the session.</param>
    public void Add(bool isMoved, string what, double seconds)
    {
        lock (_gate)
            Of(isMoved, what).Seconds.Add(seconds);
    }

    public void Refused(bool isMoved, string what)
    {
        lock (_gate)
        {
            var kind = Of(isMoved, what);
            _kinds[(isMoved, what)] = (kind.Seconds, kind.Refused + 1);
        }
    }

    public void AddTo(Report report)
    {
        lock (_gate)
        {
            foreach (var ((isMoved, what), (seconds, refused)) in _kinds)
            {
                var sample = new Sample(seconds);
                report.Add($"kill -9 of a silo, next {what} of sessions recorded {(isMoved ? "there" : "elsewhere")}", sample, Unit.Seconds,
                    $"worst {sample.Max:0.0} s of {sample.Count}; {refused} answers that said to try again", new Target("<= 15 s", sample.Max <= Allowed));
            }
        }
    }

    private (List<double> Seconds, int Refused) Of(bool isMoved, string what)
    {
        if (!_kinds.TryGetValue((isMoved, what), out var kind))
            _kinds[(isMoved, what)] = kind = ([], 0);
        return kind;
    }
}
