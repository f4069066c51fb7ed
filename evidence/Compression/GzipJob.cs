namespace Lucid.Evidence.Compression;

/// <summary>
/// One chunk being compressed, by as many threads as there are idle cores: blocks are members of their own, and whoever is free takes the
/// next. Every thread has the whole budget, by its own clock, so two of them reach a higher level than one.
/// </summary>
/// <remarks>Make it, let any number of threads <see cref="Work"/> until all have returned, then <see cref="Finish"/>.</remarks>
public sealed class GzipJob
{
    // What a block may take in the destination, which is also where the next one's place begins.
    private const int Place = GzipBlocks.BlockSize + GzipMember.MaxOverhead;

    private readonly ReadOnlyMemory<byte> _plain;
    private readonly Memory<byte> _destination;
    private readonly BlockOutlook[] _outlooks;
    private readonly int[] _lengths;
    private readonly int[] _levels;
    private readonly GzipPace _pace;
    private int _next = -1;

    /// <summary>Looks at samples of the plain bytes, on the calling thread.</summary>
    /// <param name="plain">At most <see cref="GzipBlocks.MaxPlainLength"/> bytes; none make one empty member.</param>
    /// <param name="destination">At least <see cref="GzipBlocks.MaxCompressedLength"/> bytes, not overlapping <paramref name="plain"/>.</param>
    /// <param name="budget">The time for each thread.</param>
    /// <exception cref="ArgumentException">More plain bytes, or a shorter destination.</exception>
    public GzipJob(ReadOnlyMemory<byte> plain, Memory<byte> destination, GzipBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var needed = GzipBlocks.MaxCompressedLength(plain.Length);
        if (destination.Length < needed)
            throw new ArgumentException($"The destination has {destination.Length} bytes and needs {needed}.", nameof(destination));
        (_plain, _destination) = (plain, destination);
        var started = budget.Clock.GetTimestamp();
        _outlooks = new BlockOutlook[Math.Max(1, (plain.Length + GzipBlocks.BlockSize - 1) / GzipBlocks.BlockSize)];
        for (var block = 0; block < _outlooks.Length; block++)
            _outlooks[block] = BlockOutlook.Of(Plain(block).Span, destination, budget.Clock);
        (_lengths, _levels) = (new int[_outlooks.Length], new int[_outlooks.Length]);
        _pace = new GzipPace(budget, _outlooks, budget.Clock.GetTimestamp() - started);
    }

    /// <summary>Members to make: more threads than this have nothing to do.</summary>
    public int Blocks => _outlooks.Length;

    /// <summary>Compresses blocks until there is none left to take.</summary>
    /// <param name="leave">Asked before each block whether this thread is needed elsewhere. One thread at least must stay.</param>
    public void Work(Func<bool> leave)
    {
        ArgumentNullException.ThrowIfNull(leave);
        var turn = _pace.Join();
        try
        {
            while (!leave() && Interlocked.Increment(ref _next) is var block && block < _outlooks.Length)
                Compress(block, turn);
        }
        finally
        {
            _pace.Leave();
        }
    }

    /// <summary>Puts the members one after the other, once every thread has returned.</summary>
    /// <returns>How many bytes were written, and at what level.</returns>
    /// <exception cref="InvalidOperationException">Blocks are left: a thread failed, or every one of them left.</exception>
    public GzipResult Finish()
    {
        var (written, levels, worthwhile) = (0, 0L, 0);
        for (var block = 0; block < _lengths.Length; block++)
        {
            if (_lengths[block] == 0)
                throw new InvalidOperationException($"Block {block} was not compressed.");
            if (written < block * Place)
                _destination.Slice(block * Place, _lengths[block]).CopyTo(_destination[written..]);
            written += _lengths[block];
            var plain = Plain(block).Length;
            levels += (long)_levels[block] * plain;
            worthwhile += _outlooks[block].Shrinks ? plain : 0;
        }
        return new GzipResult(written, worthwhile == 0 ? 0 : (double)levels / worthwhile);
    }

    private ReadOnlyMemory<byte> Plain(int block)
    {
        var start = block * GzipBlocks.BlockSize;
        return _plain.Slice(start, Math.Min(GzipBlocks.BlockSize, _plain.Length - start));
    }

    private void Compress(int block, GzipPace.Turn turn)
    {
        var plain = Plain(block).Span;
        var output = _destination.Slice(block * Place, plain.Length + GzipMember.MaxOverhead);
        var (outlook, packed) = (_outlooks[block], (int?)null);
        if (outlook.Repeats)
        {
            var level = _pace.Level(outlook, turn);
            _levels[block] = level;
            if (level > 0)
            {
                var since = turn.Elapsed;
                packed = GzipMember.Deflate(plain, output, GzipMember.Levels[level]);
                _pace.Measured(outlook, level, turn.Elapsed - since);
            }
        }
        else if (outlook.Shrinks)
        {
            // No level finds anything to point back to here: coding the bytes by their frequency is all that level 6 would come to.
            _levels[block] = GzipPace.BestLevel;
            packed = GzipMember.Deflate(plain, output, GzipMember.Huffman);
        }
        _lengths[block] = packed ?? GzipMember.WriteStored(plain, output.Span);
    }
}
