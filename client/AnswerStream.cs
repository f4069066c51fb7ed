namespace Lucid.Client;

/// <summary>
/// The body of a long answer, read once, in order, as it comes, and asynchronously alone. Dispose it. Reading it throws <see cref="NodeUnreachableException"/> where it breaks off: that is a
/// lost node and not a file that cannot be read.
/// </summary>
public sealed class AnswerStream : Stream
{
    private readonly HttpResponseMessage _answer;
    private readonly Stream _body;
    private readonly long? _length;
    private long _position;

    internal AnswerStream(HttpResponseMessage answer, Stream body)
    {
        (_answer, _body, _length) = (answer, body, answer.Content.Headers.ContentLength);
        SkippedChunks = answer.Headers.TryGetValues("Lucid-Skipped-Chunks", out var indices) ? string.Join(',', indices) : null;
    }

    /// <summary>The indices of the chunks that the node left out because they are damaged, as it names them; null where it left out none.</summary>
    public string? SkippedChunks { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;
    /// <inheritdoc/>
    public override bool CanSeek => false;
    /// <inheritdoc/>
    public override bool CanWrite => false;
    /// <inheritdoc/>
    public override long Length => _length ?? throw new NotSupportedException("The node did not say how long its answer is.");

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("An answer is read once, in order.");
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await _body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (LucidClient.IsLoss(e))
        {
            throw new NodeUnreachableException(_answer.RequestMessage!.RequestUri!, e);
        }
        _position += count;
        return count > 0 || buffer.IsEmpty || _length is null || _position == _length
            ? count
            : throw new NodeUnreachableException(_answer.RequestMessage!.RequestUri!, new EndOfStreamException($"{_position} of {_length} bytes came."));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("An answer comes when it comes; use ReadAsync.");

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("An answer is read once, in order.");
    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _answer.Dispose();
        base.Dispose(disposing);
    }
}
