namespace Lucid.Evidence.Compression;

/// <summary>
/// The codec <c>gzip</c>: RFC 1952 members, one per MiB of plain bytes, each at level 6 where the time budget allows, else at the highest
/// level that it does allow and at least 1. What does not shrink goes out as stored deflate blocks. Any gzip decoder reads it.
/// </summary>
public static class GzipBlocks
{
    /// <summary>The codec's name, as in leaves.</summary>
    public const string Codec = "gzip";

    /// <summary>Plain bytes in a member that is not the last.</summary>
    public const int BlockSize = 1024 * 1024;

    /// <summary>The most that <see cref="Compress"/> takes: a chunk's 10 MiB.</summary>
    public const int MaxPlainLength = 10 * BlockSize;

    /// <summary>The most bytes that <paramref name="plainLength"/> bytes compress to: 103 more per started MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than <see cref="MaxPlainLength"/>.</exception>
    public static int MaxCompressedLength(int plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plainLength, MaxPlainLength);
        return plainLength + (GzipMember.MaxOverhead * Math.Max(1, (plainLength + BlockSize - 1) / BlockSize));
    }

    /// <summary>Compresses a chunk on the calling thread; see <see cref="GzipJob"/> for several.</summary>
    /// <param name="plain">At most <see cref="MaxPlainLength"/> bytes; none make one empty member.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes, not overlapping <paramref name="plain"/>.</param>
    /// <param name="budget">The time it may take; by default 80 ms.</param>
    /// <returns>How many bytes were written, and at what level.</returns>
    /// <exception cref="ArgumentException">More plain bytes, or a shorter destination.</exception>
    public static GzipResult Compress(ReadOnlyMemory<byte> plain, Memory<byte> destination, GzipBudget? budget = null)
    {
        var job = new GzipJob(plain, destination, budget ?? GzipBudget.Default);
        job.Work(static () => false);
        return job.Finish();
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
}
