using System.IO.Compression;

namespace Lucid.Evidence.Compression;

/// <summary>
/// The stream of <see cref="GzipBlocks.OpenRead"/>: the platform's decoder, held to the plain length that the leaf states. What it decodes was
/// authenticated as ciphertext, so this only has to notice a recorder that packed something else than it said.
/// </summary>
internal sealed class GzipReader(Stream source, long plainLength, bool leaveOpen) : Stream
{
    private readonly GZipStream _gzip = new(source, CompressionMode.Decompress, leaveOpen);
    private long _given;
    private MalformedException? _failure;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_failure is not null)
            throw _failure;
        if (buffer.IsEmpty)
            return 0;
        try
        {
            var left = plainLength - _given;
            // At the end one byte more is asked for, so that content which goes on is refused and never given out.
            Span<byte> beyond = stackalloc byte[1];
            var read = _gzip.Read(left == 0 ? beyond : buffer[..(int)Math.Min(buffer.Length, left)]);
            if (left == 0 && read > 0)
                throw new MalformedException("gzip", $"it holds more than the {plainLength} plain bytes that were expected");
            if (left > 0 && read == 0)
                throw new MalformedException("gzip", $"it holds {_given} plain bytes; {plainLength} were expected");
            _given += read;
            return read;
        }
        catch (InvalidDataException undecodable)
        {
            throw _failure = new MalformedException("gzip", undecodable.Message);
        }
        catch (MalformedException failure)
        {
            _failure = failure;
            throw;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
        base.Dispose(disposing);
    }
}
