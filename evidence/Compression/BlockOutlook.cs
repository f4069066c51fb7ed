namespace Lucid.Evidence.Compression;

/// <summary>What a sample tells of a block before it is compressed.</summary>
/// <param name="Shrinks">Whether compressing is worth anything at all.</param>
/// <param name="Repeats">Whether level 1 found repetitions; else only the frequency of bytes is uneven.</param>
/// <param name="Gain">The share of the sample that level 1 saved.</param>
/// <param name="Ticks">What level 1 would take for the whole block, in ticks of the clock, by the time that it took for the sample.</param>
internal readonly record struct BlockOutlook(bool Shrinks, bool Repeats, double Gain, double Ticks)
{
    // In zlib-ng level 1 has fixed codes and finds repetitions only, so what it gains nothing on has none.
    private const double LeastGain = 1.0 / 32;

    /// <param name="block">At most one MiB.</param>
    /// <param name="scratch">Overwritten; a block's place is enough.</param>
    /// <param name="clock">Measures the sample.</param>
    public static BlockOutlook Of(ReadOnlySpan<byte> block, Memory<byte> scratch, TimeProvider clock)
    {
        if (block.IsEmpty)
            return default;
        Span<byte> buffer = stackalloc byte[ContentSample.Size];
        var sample = ContentSample.Take(block, buffer);
        if (sample.Length == ContentSample.Size && ContentSample.LooksIncompressible(sample))
            return default;
        var since = clock.GetTimestamp();
        var packed = GzipMember.Deflate(sample, scratch, GzipMember.Levels[1]) ?? sample.Length;
        var ticks = (double)(clock.GetTimestamp() - since) * block.Length / sample.Length;
        var gain = Math.Max(0, 1 - ((double)packed / sample.Length));
        return new BlockOutlook(Shrinks: true, Repeats: gain >= LeastGain || sample.Length < ContentSample.Size, gain, ticks);
    }
}
