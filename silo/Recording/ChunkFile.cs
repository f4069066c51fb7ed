using System.Buffers;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.GrainInterfaces.Recording;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Silo.Recording;

/// <summary>
/// A stored chunk's ciphertext, all of which was held against its leaf. It holds one segment in memory, and not the chunk, for as long as a slow
/// reader takes; so each segment is held against its hash again as it is read, and none that changed meanwhile is given out.
/// </summary>
public sealed class ChunkFile : SeekableReader
{
    // As many segments at once as are hashed at once.
    private const int PieceSize = 16 * SegmentTree.SegmentSize;

    private readonly SafeFileHandle _file;
    private readonly Hash256[] _segments;
    private readonly Func<string, ChunkDamagedException> _damaged;
    private byte[]? _segment;
    private long _held = -1;

    /// <summary>Where it is read and hashed asynchronously: among other readers.</summary>
    internal CorePool? Cores { get; set; }

    /// <param name="damaged">What to throw where the file is not what it was any more; it is told how.</param>
    internal ChunkFile(SafeFileHandle file, long length, Hash256[] segments, Func<string, ChunkDamagedException> damaged) =>
        (_file, Length, _segments, _damaged) = (file, length, segments, damaged);

    public override long Length { get; }

    /// <summary>The hashes of the file's segments.</summary>
    internal static Hash256[] Hash(SafeFileHandle file, long length)
    {
        var hashes = new Hash256[SegmentTree.SegmentCount(length)];
        var piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(PieceSize, length));
        try
        {
            for (long at = 0; at < length; at += PieceSize)
            {
                var bytes = piece.AsSpan(0, (int)Math.Min(PieceSize, length - at));
                Read(file, bytes, at);
                SegmentTree.Hashes(bytes).CopyTo(hashes, at / SegmentTree.SegmentSize);
            }
            return hashes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <exception cref="EndOfStreamException">The file has become shorter.</exception>
    internal static void Read(SafeFileHandle file, Span<byte> destination, long at)
    {
        for (var read = 0; read < destination.Length;)
        {
            var count = RandomAccess.Read(file, destination[read..], at + read);
            read += count > 0 ? count : throw new EndOfStreamException($"it ends after {at + read} bytes");
        }
    }

    internal static string Unreadable(Exception why) => $"the file cannot be read ({why.Message})";

    public override int Read(Span<byte> buffer)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        var start = Position - (Position % SegmentTree.SegmentSize);
        var segment = Segment(start);
        var rest = segment[(int)(Position - start)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        Position += count;
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Cores is { } cores ? await cores.RunAsync(() => Read(buffer.Span), cancellationToken) : Read(buffer.Span);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            if (_segment is { } segment)
                ArrayPool<byte>.Shared.Return(segment);
            _segment = null;
        }
        base.Dispose(disposing);
    }

    private ReadOnlySpan<byte> Segment(long start)
    {
        _segment ??= ArrayPool<byte>.Shared.Rent(SegmentTree.SegmentSize);
        var bytes = _segment.AsSpan(0, (int)Math.Min(SegmentTree.SegmentSize, Length - start));
        if (_held == start)
            return bytes;
        _held = -1;
        try
        {
            Read(_file, bytes, start);
        }
        catch (IOException unreadable)
        {
            throw _damaged(Unreadable(unreadable));
        }
        if (MerkleHash.Leaf(bytes) != _segments[start / SegmentTree.SegmentSize])
            throw _damaged("its bytes changed while they were read");
        _held = start;
        return bytes;
    }
}
