namespace Lucid.Evidence.Compression;

/// <summary>
/// Chooses the level of each block from the time that is left and what the blocks ahead will take: by their samples at level 1, and by how
/// much longer other levels took than the samples said.
/// </summary>
internal sealed class GzipPace
{
    public const int BestLevel = 6;

    // Planning for a little less than the budget leaves room for blocks that turn out slower than their samples.
    private const double Planned = 0.95;

    // A block that even level 1 shrinks by less than this is stored once the time is used up; any other is worth exceeding it.
    private const double FloorGain = 1.0 / 8;

    // What levels 0 to 6 take, relative to the sample at level 1. Measured with zlib-ng on text, sources, logs, screens and programs, where
    // levels 1 to 3 are within a third of this and level 6 within half; the first block measured corrects it for the chunk's own content.
    private static readonly double[] s_relativeTime = [0, 1, 1.75, 2.25, 2.75, 3, 4];

    private readonly TimeProvider _clock;
    private readonly double _planned;
    private readonly long _spentBefore;
    private readonly double[] _measured = new double[BestLevel + 1];
    private readonly Lock _lock = new();
    private double _ticksLeft;
    private int _blocksLeft;
    private double _correction = 1;
    private int _workers;
    private bool _joined;

    /// <param name="spent">What taking the samples took, which the first thread's budget pays.</param>
    public GzipPace(GzipBudget budget, ReadOnlySpan<BlockOutlook> outlooks, long spent)
    {
        _clock = budget.Clock;
        _planned = Planned * budget.PerChunk.TotalSeconds * _clock.TimestampFrequency;
        _spentBefore = spent;
        foreach (var outlook in outlooks)
        {
            _ticksLeft += outlook.Repeats ? outlook.Ticks : 0;
            _blocksLeft += outlook.Repeats ? 1 : 0;
        }
    }

    /// <summary>One more thread takes blocks.</summary>
    public Turn Join()
    {
        lock (_lock)
        {
            _workers++;
            var spent = _joined ? 0 : _spentBefore;
            _joined = true;
            return new Turn(_clock, spent);
        }
    }

    public void Leave()
    {
        lock (_lock)
            _workers--;
    }

    /// <summary>
    /// The highest level at which this block and those not yet taken fit into the time of the threads at work, but at least 1 where that
    /// gains something; else 0. It is this thread's block from now on.
    /// </summary>
    public int Level(in BlockOutlook block, Turn turn)
    {
        lock (_lock)
        {
            // The others have spent about as much as this one. A block is one thread's, so of more threads than blocks some have none.
            var allowed = (_planned - turn.Elapsed) * Math.Min(_workers, _blocksLeft);
            var level = BestLevel;
            while (level > 0 && RelativeTime(level) * _ticksLeft > allowed)
                level--;
            _ticksLeft -= block.Ticks;
            _blocksLeft--;
            return level == 0 && block.Gain >= FloorGain ? 1 : level;
        }
    }

    /// <summary>Notes what a block took.</summary>
    public void Measured(in BlockOutlook block, int level, long ticks)
    {
        if (block.Ticks <= 0 || ticks <= 0)
            return;
        lock (_lock)
        {
            _measured[level] = ticks / block.Ticks;
            _correction = _measured[level] / s_relativeTime[level];
        }
    }

    private double RelativeTime(int level) => _measured[level] > 0 ? _measured[level] : _correction * s_relativeTime[level];

    /// <summary>One thread's share of the work, from when it joined. Only for that thread: the clock may be its own.</summary>
    public sealed class Turn(TimeProvider clock, long spentBefore)
    {
        private readonly long _since = clock.GetTimestamp();

        public long Elapsed => clock.GetTimestamp() - _since + spentBefore;
    }
}
