using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// Decrypts a ciphertext that is read in sequence, with buffers of one record. A record's plaintext is given out once the record is
/// authentic; that the message is whole is known only when reading has returned 0, so whoever acts on the whole waits for that.
/// After a failure every further read fails the same way. Reads <paramref name="inner"/> to its end. Not thread-safe.
/// Reads throw <see cref="CobblestoneException"/>. Format: <see cref="Cobblestone"/>.
/// </summary>
/// <param name="inner">The ciphertext, and nothing after it.</param>
/// <param name="key">32 bytes; a copy is kept until the header has been read.</param>
/// <param name="context">What encryption was given.</param>
/// <param name="leaveOpen">Whether disposing leaves <paramref name="inner"/> open.</param>
public sealed class CobblestoneReader(Stream inner, ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, bool leaveOpen = false) : Stream
{
    private readonly byte[] _key = CopyKey(key);
    private readonly byte[] _context = context.ToArray();
    private readonly byte[] _cipher = new byte[Cobblestone.CipherRecordSize];
    private readonly byte[] _plain = new byte[Cobblestone.RecordSize];
    private RecordCipher? _records;
    private CobblestoneException? _failure;
    private long _record;
    private long _cipherLength;
    private int _start, _end;
    private bool _ended;

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
        while (NeedsMore(buffer.Length))
            Accept(inner.ReadAtLeast(Wanted.Span, Wanted.Length, throwOnEndOfStream: false));
        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (NeedsMore(buffer.Length))
            Accept(await inner.ReadAtLeastAsync(Wanted, Wanted.Length, throwOnEndOfStream: false, cancellationToken));
        return Take(buffer.Span);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CryptographicOperations.ZeroMemory(_key);
            CryptographicOperations.ZeroMemory(_plain);
            _records?.Dispose();
            if (!leaveOpen)
                inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private static byte[] CopyKey(ReadOnlySpan<byte> key)
    {
        RecordCipher.CheckKey(key);
        return key.ToArray();
    }

    private Memory<byte> Wanted => _cipher.AsMemory(0, _records is null ? Cobblestone.HeaderSize : Cobblestone.CipherRecordSize);

    private bool NeedsMore(int asked)
    {
        if (_failure is not null)
            throw _failure;
        return _start == _end && !_ended && asked > 0;
    }

    // Takes what was read: fewer bytes than wanted mean that the ciphertext has ended.
    private void Accept(int read)
    {
        _cipherLength += read;
        try
        {
            if (_records is null)
            {
                if (read < Cobblestone.HeaderSize)
                    throw CobblestoneException.Truncated(_cipherLength);
                _records = RecordCipher.Open(_key, _context, _cipher.AsSpan(0, Cobblestone.HeaderSize));
                CryptographicOperations.ZeroMemory(_key);
                return;
            }
            if (read < Cobblestone.TagSize)
                throw CobblestoneException.Truncated(_cipherLength);
            _records.Open(_record++, _cipher.AsSpan(0, read), _plain);
            (_start, _end) = (0, read - Cobblestone.TagSize);
            _ended = read < Cobblestone.CipherRecordSize;
        }
        catch (CobblestoneException failure)
        {
            _failure = failure;
            throw;
        }
    }

    private int Take(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _end - _start);
        _plain.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }
}
