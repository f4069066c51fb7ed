namespace Lucid.Evidence.Compression;

/// <summary>Takes what deflate writes into memory of the caller's. Whatever exceeds it is dropped: the block is stored then.</summary>
internal sealed class BoundedOutput(Memory<byte> memory) : Stream
{
    public int Written { get; private set; }

    public bool Overflowed { get; private set; }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Overflowed |= buffer.Length > memory.Length - Written;
        if (Overflowed)
            return;
        buffer.CopyTo(memory.Span[Written..]);
        Written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
