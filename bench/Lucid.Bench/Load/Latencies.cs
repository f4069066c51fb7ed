using System.Collections.Concurrent;

namespace Lucid.Bench.Load;

/// <summary>What many sessions saw, by class of chunk size. Seconds from the moment a chunk was due, whenever it could be sent.</summary>
/// <param name="warmUp">What was due before is counted apart: a node that has just started still compiles.</param>
internal sealed class Latencies(TimeSpan warmUp)
{
    private readonly ConcurrentQueue<double> _warmUp = new();
    private readonly ConcurrentQueue<double>[] _classes = [.. SizeClass.All.Select(_ => new ConcurrentQueue<double>())];
    private readonly ConcurrentQueue<double> _late = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);
    public int Chunks => _warmUp.Count + _classes.Sum(one => one.Count);
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>How late chunks were sent for reasons of the load generator: what the machine had no time for on this side.</summary>
    public Sample Late => new(_late.DefaultIfEmpty());

    public void Woke(TimeSpan due, TimeSpan late)
    {
        if (due >= warmUp)
            _late.Enqueue(late.TotalSeconds);
    }

    public void Failed(string error) => _errors.Enqueue(error);

    /// <param name="due">When the chunk was due, since the start.</param>
    /// <param name="took">From then to its receipt.</param>
    public void Sealed(int length, TimeSpan due, TimeSpan took)
    {
        Interlocked.Add(ref _bytes, length);
        (due < warmUp ? _warmUp : _classes[SizeClass.Of(length)]).Enqueue(took.TotalSeconds);
    }

    /// <summary>One class's latencies, or null where it had no chunk.</summary>
    public Sample? Of(SizeClass one) => _classes[SizeClass.Of(one.Most)] is { IsEmpty: false } values ? new Sample(values) : null;

    /// <summary>A row for each class that had chunks.</summary>
    public void AddTo(Report report, string what, bool judged)
    {
        if (!_warmUp.IsEmpty)
        {
            var cold = new Sample(_warmUp);
            report.Add($"· the first {warmUp.TotalSeconds:0} s, not counted below", cold, Unit.Milliseconds, $"p99 {cold.At(0.99) * 1e3:0.0}, {cold.Count:#,0} chunks");
        }
        foreach (var one in SizeClass.All)
        {
            if (Of(one) is not { } sample)
                continue;
            var factor = sample.Max / sample.Median;
            report.Add($"{what}, seal {one.Name}", sample, Unit.Milliseconds,
                $"p99 {sample.At(0.99) * 1e3:0.0}, p99.9 {sample.At(0.999) * 1e3:0.0}, worst {factor:0.0} x median, {sample.Count:#,0} chunks",
                judged ? new Target("worst <= 5 x median", factor <= 5) : null);
        }
    }
}
