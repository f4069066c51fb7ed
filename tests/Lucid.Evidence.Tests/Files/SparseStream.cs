namespace Lucid.Evidence.Tests.Files;

/// <summary>A file in memory in which long writes, of zeros, take no room: for files beyond 4 GiB.</summary>
internal sealed class SparseStream : Stream
{
    private const int Long = 1 << 20;
    private readonly List<(long Start, byte[]? Bytes, int Length)> _pieces = [];
    private long _length;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => true;
    public override long Length => _length;
    public override long Position { get; set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _pieces.Add((_length, buffer.Length >= Long && !buffer.ContainsAnyExcept((byte)0) ? null : buffer.ToArray(), buffer.Length));
        _length += buffer.Length;
    }

    public override int Read(Span<byte> buffer)
    {
        if (Position >= _length || buffer.Length == 0)
            return 0;
        var (low, high) = (0, _pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].Start <= Position ? (middle, high) : (low, middle - 1);
        }
        var (start, bytes, length) = _pieces[low];
        var from = (int)(Position - start);
        var count = Math.Min(buffer.Length, length - from);
        if (bytes is null)
            buffer[..count].Clear();
        else
            bytes.AsSpan(from, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
