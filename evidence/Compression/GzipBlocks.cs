using System.IO.Compression;

namespace Lucid.Evidence.Compression;

/// <summary>
/// The codec <c>gzip</c>: RFC 1952 members, one per MiB of plain bytes, each at level 6 where the time budget allows, else at the highest
/// level that it does allow. What does not shrink, or finds no time, goes out as stored deflate blocks. Any gzip decoder reads it.
/// </summary>
public static class GzipBlocks
{
    /// <summary>The codec's name, as in leaves.</summary>
    public const string Codec = "gzip";

    /// <summary>Plain bytes in a member that is not the last.</summary>
    public const int BlockSize = 1024 * 1024;

    /// <summary>The most that <see cref="Compress"/> takes: a chunk's 10 MiB.</summary>
    public const int MaxPlainLength = 10 * BlockSize;

    // The clock is asked, and a block that finds no time is given up, once per slice: at most some 2 ms apart.
    private const int SliceSize = 64 * 1024;

    private static readonly ZLibCompressionOptions[] s_levels =
        [.. Enumerable.Range(0, GzipPace.BestLevel + 1).Select(level => new ZLibCompressionOptions { CompressionLevel = level })];

    /// <summary>The most bytes that <paramref name="plainLength"/> bytes compress to: 103 more per started MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than <see cref="MaxPlainLength"/>.</exception>
    public static int MaxCompressedLength(int plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plainLength, MaxPlainLength);
        return plainLength + (GzipMember.MaxOverhead * Math.Max(1, (plainLength + BlockSize - 1) / BlockSize));
    }

    /// <summary>Compresses a chunk on the calling thread.</summary>
    /// <param name="plain">At most <see cref="MaxPlainLength"/> bytes; none make one empty member.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes, not overlapping <paramref name="plain"/>.</param>
    /// <param name="budget">The time it may take; by default 80 ms.</param>
    /// <returns>How many bytes were written, and at what level.</returns>
    /// <exception cref="ArgumentException">More plain bytes, or a shorter destination.</exception>
    public static GzipResult Compress(ReadOnlySpan<byte> plain, Memory<byte> destination, GzipBudget? budget = null)
    {
        var needed = MaxCompressedLength(plain.Length);
        if (destination.Length < needed)
            throw new ArgumentException($"The destination has {destination.Length} bytes and needs {needed}.", nameof(destination));
        var pace = new GzipPace(budget ?? GzipBudget.Default);
        var (written, levels, incompressible) = (0, 0L, 0);
        var rest = plain;
        do
        {
            var block = rest[..Math.Min(BlockSize, rest.Length)];
            var output = destination[written..];
            var (length, level) = CompressBlock(block, output, pace, rest.Length);
            if (length == 0)
                length = GzipMember.WriteStored(block, output.Span);
            incompressible += level is null ? block.Length : 0;
            levels += (level ?? 0) * (long)block.Length;
            written += length;
            rest = rest[block.Length..];
        }
        while (rest.Length > 0);
        var worthwhile = plain.Length - incompressible;
        return new GzipResult(written, worthwhile == 0 ? 0 : (double)levels / worthwhile, incompressible);
    }

    /// <summary>
    /// Reads what <see cref="Compress"/> wrote, or any other sequence of gzip members, in bounded memory. Reading throws
    /// <see cref="MalformedException"/> for what cannot be decoded and for another plain length than the expected one, of which no byte beyond is
    /// given out; after a failure every further read fails the same way. Read to the end: only a read that returns 0 has seen that nothing follows.
    /// </summary>
    /// <param name="gzip">The members and nothing after them; read synchronously, to its end.</param>
    /// <param name="plainLength">The length in bytes that it must decompress to.</param>
    /// <param name="leaveOpen">Whether disposing leaves <paramref name="gzip"/> open.</param>
    public static Stream OpenRead(Stream gzip, long plainLength, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(gzip);
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        return new GzipReader(gzip, plainLength, leaveOpen);
    }

    // The length is 0 where the block is to be stored: with level null since it does not shrink, with level 0 since there is no time.
    private static (int Length, int? Level) CompressBlock(ReadOnlySpan<byte> block, Memory<byte> output, GzipPace pace, int bytesLeft)
    {
        if (block.Length == 0 || ContentSample.LooksIncompressible(block))
            return (0, null);
        if (pace.IsBlind && block.Length > SliceSize)
            Deflate(block[..SliceSize], output, GzipPace.BestLevel, pace);
        var level = pace.Level(bytesLeft);
        if (level == 0)
            return (0, 0);
        var body = output[GzipMember.HeaderSize..(block.Length + GzipMember.MaxOverhead)];
        if (Deflate(block, body, level, pace) is not { } length)
            return (0, 0);
        if (level == 1 && length > block.Length - (block.Length / 32))
            pace.AvoidLevelOne();
        return length < block.Length ? (GzipMember.Frame(block, length, output.Span), level) : (0, level == 1 ? 0 : null);
    }

    // Returns the length in bytes, int.MaxValue where the output has no room for it, and null where the budget ended before the block did.
    private static int? Deflate(ReadOnlySpan<byte> block, Memory<byte> output, int level, GzipPace pace)
    {
        var since = pace.Now;
        var target = new BoundedOutput(output);
        using (var deflate = new DeflateStream(target, s_levels[level], leaveOpen: true))
        {
            for (var rest = block; rest.Length > 0;)
            {
                var slice = rest[..Math.Min(SliceSize, rest.Length)];
                deflate.Write(slice);
                rest = rest[slice.Length..];
                if (rest.Length > 0 && pace.IsOver)
                {
                    pace.Measured(level, block.Length - rest.Length, since);
                    return null;
                }
            }
        }
        pace.Measured(level, block.Length, since);
        return target.Overflowed ? int.MaxValue : target.Written;
    }
}
