namespace Lucid.Cli.Node;

/// <summary>The body of a long answer, read as it comes. Where it breaks off, that is a lost node and not a file that cannot be read.</summary>
internal sealed class AnswerStream(HttpResponseMessage answer, Stream body) : Stream
{
    private readonly long? _length = answer.Content.Headers.ContentLength;
    private long _position;

    /// <summary>The indices of the chunks that the node left out because they are damaged, as it names them; null where it left out none.</summary>
    public string? SkippedChunks { get; } = answer.Headers.TryGetValues("Lucid-Skipped-Chunks", out var indices) ? string.Join(',', indices) : null;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => _length ?? throw new NotSupportedException("The node did not say how long its answer is.");

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("An answer is read once, in order.");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (NodeClient.IsLoss(e))
        {
            throw new NodeUnreachableException(answer.RequestMessage!.RequestUri!, e);
        }
        _position += count;
        return count > 0 || buffer.IsEmpty || _length is null || _position == _length
            ? count
            : throw new NodeUnreachableException(answer.RequestMessage!.RequestUri!, new EndOfStreamException($"{_position} of {_length} bytes came."));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("An answer comes when it comes; use ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("An answer is read once, in order.");
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            answer.Dispose();
        base.Dispose(disposing);
    }
}
