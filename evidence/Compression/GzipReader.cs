namespace Lucid.Evidence.Compression;

/// <summary>The stream of <see cref="GzipBlocks.OpenRead"/>: RFC 1952, section 2.3, member after member.</summary>
internal sealed class GzipReader : Stream
{
    private readonly Stream _source;
    private readonly bool _leaveOpen;
    private readonly long _plainLength;
    private readonly BitReader _input;
    private readonly Inflater _inflater;
    private ReadOnlyMemory<byte> _ready;
    private MalformedException? _failure;
    private long _total;
    private int _members;
    private uint _crc;
    private uint _memberLength;
    private bool _inMember;
    private bool _ended;

    public GzipReader(Stream source, long plainLength, bool leaveOpen)
    {
        (_source, _plainLength, _leaveOpen) = (source, plainLength, leaveOpen);
        _input = new BitReader(source);
        _inflater = new Inflater(_input);
    }

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
        try
        {
            while (_ready.Length == 0 && !_ended && buffer.Length > 0)
                Advance();
        }
        catch (MalformedException failure)
        {
            _failure = failure;
            throw;
        }
        var taken = Math.Min(buffer.Length, _ready.Length);
        _ready.Span[..taken].CopyTo(buffer);
        _ready = _ready[taken..];
        return taken;
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
        if (disposing && !_leaveOpen)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private void Advance()
    {
        if (!_inMember)
        {
            if (_members > 0 && _input.AtEnd())
            {
                if (_total != _plainLength)
                    throw Malformed($"it holds {_total} plain bytes; {_plainLength} were expected");
                _ended = true;
                return;
            }
            ReadHeader();
            _inflater.Restart();
            (_crc, _memberLength, _inMember) = (0, 0, true);
        }
        var plain = _inflater.Next();
        _total += plain.Length;
        if (_total > _plainLength)
            throw Malformed($"it holds more than the {_plainLength} plain bytes that were expected");
        _crc = Crc32.Append(_crc, plain.Span);
        _memberLength += (uint)plain.Length;
        if (_inflater.Ended)
            ReadTrailer();
        _ready = plain;
    }

    private void ReadHeader()
    {
        var member = _members++;
        var crc = 0u;
        byte Next()
        {
            var value = (byte)Take(8);
            crc = Crc32.Append(crc, [value]);
            return value;
        }
        if (Next() != 0x1F || Next() != 0x8B)
            throw Malformed(member == 0 ? "it does not begin with a member" : $"something else follows member {member - 1}");
        if (Next() != 8)
            throw Malformed($"member {member} is not compressed with deflate");
        var flags = Next();
        if ((flags & 0xE0) != 0)
            throw Malformed($"member {member} has reserved flags");
        for (var skipped = 0; skipped < 6; skipped++)
            Next();
        if ((flags & 4) != 0)
        {
            for (var extra = Next() | (Next() << 8); extra > 0; extra--)
                Next();
        }
        // File name and comment, each ended by a zero byte.
        for (var texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0;)
        {
            if (Next() == 0)
                texts--;
        }
        if ((flags & 2) != 0)
        {
            var expected = (ushort)crc;
            if (Take(16) != expected)
                throw Malformed($"the header of member {member} does not match its CRC");
        }
    }

    private void ReadTrailer()
    {
        if (Take(32) != _crc)
            throw Malformed($"member {_members - 1} does not match its CRC");
        if (Take(32) != _memberLength)
            throw Malformed($"member {_members - 1} does not have the length that it states");
        _inMember = false;
    }

    private uint Take(int bits) => _input.Take(bits) ?? throw Malformed($"member {_members - 1} is cut off");

    private static MalformedException Malformed(string reason) => new("gzip", reason);
}
