namespace Lucid.Cli.Playback;

/// <summary>Whether two streams hold the same bytes.</summary>
internal static class StreamComparison
{
    private const int PieceBytes = 256 * 1024;

    /// <summary>Whether both hold the same to their ends.</summary>
    public static async Task<bool> SameAsync(Stream one, Stream other, CancellationToken cancellation) =>
        await SameStartAsync(one, other, long.MaxValue, cancellation) is null;

    /// <summary>Reads up to <paramref name="length"/> bytes of both.</summary>
    /// <returns>The first byte at which they differ, or one of them ends; null where both are the same for that length, or to their ends.</returns>
    public static async Task<long?> SameStartAsync(Stream one, Stream other, long length, CancellationToken cancellation)
    {
        var ours = new byte[PieceBytes];
        var theirs = new byte[PieceBytes];
        for (long position = 0; position < length;)
        {
            var wanted = (int)Math.Min(length - position, PieceBytes);
            var counts = await Task.WhenAll(FillAsync(one, ours.AsMemory(0, wanted), cancellation), FillAsync(other, theirs.AsMemory(0, wanted), cancellation));
            var same = ours.AsSpan(0, counts[0]).CommonPrefixLength(theirs.AsSpan(0, counts[1]));
            if (same < Math.Max(counts[0], counts[1]))
                return position + same;
            position += same;
            if (same < wanted)
                return length == long.MaxValue ? null : position;
        }
        return null;
    }

    private static async Task<int> FillAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellation) =>
        await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
}
