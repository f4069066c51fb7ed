namespace Lucid.Evidence.Merkle;

/// <summary>
/// The tree over a chunk's ciphertext: RFC 6962 over its segments of 64 KiB, of which the last may be shorter. Its root stands in the
/// chunk's leaf, so that any segment can be proved, or asked for, alone. Where a list of segment hashes
/// is known, the length of the prefix that it shares with <see cref="Hashes"/> is the index of the first altered segment.
/// </summary>
public static class SegmentTree
{
    /// <summary>Bytes of a segment that is not the last.</summary>
    public const int SegmentSize = 64 * 1024;

    /// <summary>How many segments <paramref name="length"/> bytes have.</summary>
    public static long SegmentCount(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return (length / SegmentSize) + (length % SegmentSize == 0 ? 0 : 1);
    }

    /// <summary>The root over the segments of <paramref name="cipher"/>; of no bytes it is <see cref="MerkleHash.Empty"/>.</summary>
    /// <param name="cipher">The whole ciphertext.</param>
    /// <param name="parallelism">On how many cores to hash at most, at least 1. The result does not depend on it.</param>
    public static Hash256 Root(ReadOnlySpan<byte> cipher, int parallelism = 1) => Root(Hashes(cipher, parallelism));

    /// <summary>The root over segment hashes that are known already.</summary>
    public static Hash256 Root(ReadOnlySpan<Hash256> hashes)
    {
        var frontier = new MerkleFrontier();
        foreach (var hash in hashes)
            frontier.Append(hash);
        return frontier.Root();
    }

    /// <summary>The leaf hash of each segment, in order: what proofs of single segments are built from.</summary>
    /// <param name="cipher">The whole ciphertext.</param>
    /// <param name="parallelism">On how many cores to hash at most, at least 1.</param>
    public static unsafe Hash256[] Hashes(ReadOnlySpan<byte> cipher, int parallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        var hashes = new Hash256[SegmentCount(cipher.Length)];
        var workers = Math.Min(parallelism, hashes.Length);
        if (workers <= 1)
        {
            HashRange(cipher, hashes, 0, hashes.Length);
            return hashes;
        }
        // A span cannot be captured; the pin holds until For has returned, and For returns only when every worker is done.
        fixed (byte* start = cipher)
        {
            var (address, length) = ((nint)start, cipher.Length);
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, worker => HashRange(
                new ReadOnlySpan<byte>((void*)address, length),
                hashes,
                (int)((long)hashes.Length * worker / workers),
                (int)((long)hashes.Length * (worker + 1) / workers)));
        }
        return hashes;
    }

    private static void HashRange(ReadOnlySpan<byte> cipher, Hash256[] hashes, int from, int to)
    {
        const int Lanes = ParallelSha256.Lanes;
        for (; ParallelSha256.IsSupported && from + Lanes <= Math.Min(to, cipher.Length / SegmentSize); from += Lanes)
            ParallelSha256.Leaves(cipher.Slice(from * SegmentSize, Lanes * SegmentSize), hashes.AsSpan(from));
        for (var i = from; i < to; i++)
        {
            var start = i * SegmentSize;
            hashes[i] = MerkleHash.Leaf(cipher.Slice(start, Math.Min(SegmentSize, cipher.Length - start)));
        }
    }
}
