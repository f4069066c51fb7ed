using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// Encrypts what is written to it into another stream, with a buffer of one record. The message ends with <see cref="Complete"/>, and
/// only with it: a writer that is disposed of before (an exception on the way) leaves a ciphertext that every reader refuses as
/// truncated. Not thread-safe. Format: <see cref="Cobblestone"/>.
/// </summary>
public sealed class CobblestoneWriter : Stream
{
    private readonly Stream _inner;
    private readonly bool _leaveOpen;
    private readonly RecordCipher _records;
    private readonly byte[] _plain = new byte[Cobblestone.RecordSize];

    // The header and one record. The header goes out together with the first record, so that nothing is written before there is something.
    private readonly byte[] _cipher = new byte[Cobblestone.HeaderSize + Cobblestone.CipherRecordSize];
    private long _record;
    private int _filled;
    private bool _completed;

    /// <param name="inner">Where the ciphertext goes.</param>
    /// <param name="key">32 bytes; not kept.</param>
    /// <param name="context">What decryption must name again; may be empty.</param>
    /// <param name="leaveOpen">Whether disposing leaves <paramref name="inner"/> open.</param>
    public CobblestoneWriter(Stream inner, ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, bool leaveOpen = false)
        : this(inner, key, context, RandomNumberGenerator.GetBytes(Cobblestone.SaltSize), leaveOpen)
    {
    }

    /// <summary>For tests: a salt that comes back under one key breaks it.</summary>
    internal CobblestoneWriter(Stream inner, ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> salt, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _leaveOpen = leaveOpen;
        _records = RecordCipher.Create(key, context, salt, _cipher);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => !_completed;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            buffer = buffer[Absorb(buffer)..];
            if (_filled == Cobblestone.RecordSize)
                _inner.Write(Seal().Span);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            buffer = buffer[Absorb(buffer.Span)..];
            if (_filled == Cobblestone.RecordSize)
                await _inner.WriteAsync(Seal(), cancellationToken);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Writes the last record. Nothing can be written afterwards.</summary>
    public void Complete() => _inner.Write(SealLast().Span);

    /// <summary>As <see cref="Complete"/>.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => _inner.WriteAsync(SealLast(), cancellationToken);

    /// <summary>Flushes the inner stream. An unfinished record stays here: records have one length.</summary>
    public override void Flush() => _inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _records.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
            if (!_leaveOpen)
                _inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Absorb(ReadOnlySpan<byte> data)
    {
        if (_completed)
            throw new InvalidOperationException("The message is complete; nothing can follow its last record.");
        var taken = Math.Min(data.Length, Cobblestone.RecordSize - _filled);
        data[..taken].CopyTo(_plain.AsSpan(_filled));
        _filled += taken;
        return taken;
    }

    private ReadOnlyMemory<byte> Seal()
    {
        var start = _record == 0 ? 0 : Cobblestone.HeaderSize;
        var end = Cobblestone.HeaderSize + _filled + Cobblestone.TagSize;
        _records.Seal(_record++, _plain.AsSpan(0, _filled), _cipher.AsSpan(Cobblestone.HeaderSize..end));
        _filled = 0;
        return _cipher.AsMemory(start..end);
    }

    private ReadOnlyMemory<byte> SealLast()
    {
        if (_completed)
            throw new InvalidOperationException("The message is complete already.");
        _completed = true;
        return Seal();
    }
}
