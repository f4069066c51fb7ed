using System.Buffers.Binary;

namespace Lucid.Evidence.Compression;

/// <summary>
/// Reads bits of a stream, lowest first (RFC 1951, section 3.1.1), and bytes at byte boundaries. It reads ahead, but whoever goes on with
/// the same reader misses nothing.
/// </summary>
internal sealed class BitReader(Stream source)
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _position, _end;
    private bool _exhausted;

    /// <summary>The bits read ahead, the next one lowest. Above <see cref="Count"/> there may be more of the same stream.</summary>
    public ulong Bits { get; private set; }

    /// <summary>How many of <see cref="Bits"/> may be used.</summary>
    public int Count { get; private set; }

    /// <summary>Reads ahead to at least 56 bits, or to the stream's end.</summary>
    public void Refill()
    {
        if (_end - _position >= sizeof(ulong))
        {
            Bits |= BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_position)) << Count;
            _position += (63 - Count) >> 3;
            Count |= 56;
            return;
        }
        while (Count < 56 && Load())
        {
            // Bits above the count may stand there already: they are the same.
            Bits |= (ulong)_buffer[_position++] << Count;
            Count += 8;
        }
    }

    /// <summary>Drops bits that were used, of those that there are.</summary>
    public void Skip(int bits)
    {
        Bits >>= bits;
        Count -= bits;
    }

    /// <summary>Takes up to 32 bits; null where the stream ends before.</summary>
    public uint? Take(int bits)
    {
        if (Count < bits)
            Refill();
        if (Count < bits)
            return null;
        var value = (uint)(Bits & ((1UL << bits) - 1));
        Skip(bits);
        return value;
    }

    /// <summary>Drops the bits up to the next byte boundary.</summary>
    public void Align() => Skip(Count & 7);

    /// <summary>Whether nothing is left, at a byte boundary.</summary>
    public bool AtEnd()
    {
        if (Count == 0)
            Refill();
        return Count == 0;
    }

    /// <summary>Copies bytes, at a byte boundary; returns how many, 0 only at the end.</summary>
    public int Read(Span<byte> destination)
    {
        var taken = 0;
        for (; Count > 0 && taken < destination.Length; taken++)
        {
            destination[taken] = (byte)Bits;
            Skip(8);
        }
        if (taken > 0 || !Load())
            return taken;
        // What stands above the count was only a preview of bytes that are handed out here.
        Bits = 0;
        taken = Math.Min(destination.Length, _end - _position);
        _buffer.AsSpan(_position, taken).CopyTo(destination);
        _position += taken;
        return taken;
    }

    private bool Load()
    {
        if (_position == _end && !_exhausted)
        {
            (_position, _end) = (0, source.Read(_buffer));
            _exhausted = _end == 0;
        }
        return _position < _end;
    }
}
