namespace Lucid.Evidence.Compression;

/// <summary>
/// Decodes deflate (RFC 1951), one stream after another from the same input, strictly and in bounded memory. It exists since the one in
/// .NET neither says where a deflate stream ended nor notices that one is cut off, and reading member after member needs both.
/// </summary>
internal sealed class Inflater(BitReader input)
{
    private const int WindowSize = 32 * 1024;
    private const int MaxMatch = 258;
    private const int EndOfBlock = 256;

    // RFC 1951, section 3.2.5: base values and extra bits of lengths (symbols from 257) and distances.
    private static ReadOnlySpan<ushort> LengthBase =>
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static ReadOnlySpan<byte> LengthExtra =>
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> DistanceBase =>
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
            6145, 8193, 12289, 16385, 24577];

    private static ReadOnlySpan<byte> DistanceExtra =>
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly HuffmanTable _literals = new();
    private readonly HuffmanTable _distances = new();

    // The last 32 KiB of output, which matches refer to, and room for new output behind; below the size of large objects.
    private readonly byte[] _output = new byte[WindowSize + (40 * 1024)];
    private int _end;
    private long _produced;
    private State _state;
    private bool _lastBlock;
    private int _storedLeft;

    private enum State
    {
        BlockStart,
        Stored,
        Compressed,
        Ended,
    }

    /// <summary>Whether the deflate stream has ended.</summary>
    public bool Ended => _state == State.Ended;

    /// <summary>Begins another deflate stream, whose matches cannot reach into the one before.</summary>
    public void Restart()
    {
        (_state, _lastBlock, _produced) = (State.BlockStart, false, 0);
    }

    /// <summary>Decodes further.</summary>
    /// <returns>The next plain bytes, valid until the next call; empty only where the stream has <see cref="Ended"/>.</returns>
    /// <exception cref="MalformedException">The input is no deflate stream, or ends before it does.</exception>
    public ReadOnlyMemory<byte> Next()
    {
        if (_end > WindowSize)
        {
            _output.AsSpan(_end - WindowSize, WindowSize).CopyTo(_output);
            _end = WindowSize;
        }
        var start = _end;
        while (_end < _output.Length - MaxMatch && _state != State.Ended)
        {
            switch (_state)
            {
                case State.BlockStart:
                    StartBlock();
                    break;
                case State.Stored:
                    CopyStored();
                    break;
                default:
                    DecodeSymbols();
                    break;
            }
        }
        return _output.AsMemory(start, _end - start);
    }

    private void StartBlock()
    {
        if (_lastBlock)
        {
            input.Align();
            _state = State.Ended;
            return;
        }
        _lastBlock = Take(1) == 1;
        switch (Take(2))
        {
            case 0:
                input.Align();
                _storedLeft = Take(16);
                if (Take(16) != (_storedLeft ^ 0xFFFF))
                    throw Malformed("the length of a stored block does not match its complement");
                _state = State.Stored;
                break;
            case 1:
                ReadFixedCodes();
                _state = State.Compressed;
                break;
            case 2:
                ReadDynamicCodes();
                _state = State.Compressed;
                break;
            default:
                throw Malformed("a block is of the reserved type 3");
        }
    }

    private void CopyStored()
    {
        var room = _output.AsSpan(_end, Math.Min(_storedLeft, _output.Length - _end));
        if (room.Length > 0)
        {
            var read = input.Read(room);
            if (read == 0)
                throw CutOff();
            _end += read;
            _produced += read;
            _storedLeft -= read;
        }
        if (_storedLeft == 0)
            _state = State.BlockStart;
    }

    private void ReadFixedCodes()
    {
        Span<byte> lengths = stackalloc byte[288];
        lengths[..144].Fill(8);
        lengths[144..256].Fill(9);
        lengths[256..280].Fill(7);
        lengths[280..].Fill(8);
        _literals.Build(lengths);
        lengths[..32].Fill(5);
        _distances.Build(lengths[..32]);
    }

    private void ReadDynamicCodes()
    {
        var literals = Take(5) + 257;
        var distances = Take(5) + 1;
        var codes = Take(4) + 4;
        if (literals > 286 || distances > 30)
            throw Malformed($"a block announces {literals} literal and {distances} distance codes; 286 and 30 are the most");
        Span<byte> lengths = stackalloc byte[286 + 30];
        lengths.Clear();
        for (var i = 0; i < codes; i++)
            lengths[CodeLengthOrder[i]] = (byte)Take(3);
        if (!_literals.Build(lengths[..19]))
            throw Malformed("the code of the code lengths is no complete prefix code");

        lengths.Clear();
        lengths = lengths[..(literals + distances)];
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = Symbol(_literals);
            if (symbol < 16)
            {
                lengths[i++] = (byte)symbol;
                continue;
            }
            if (symbol == 16 && i == 0)
                throw Malformed("the first code length repeats one before it");
            var repeated = symbol == 16 ? lengths[i - 1] : (byte)0;
            var times = symbol switch { 16 => 3 + Take(2), 17 => 3 + Take(3), _ => 11 + Take(7) };
            if (times > lengths.Length - i)
                throw Malformed("there are more code lengths than codes");
            lengths.Slice(i, times).Fill(repeated);
            i += times;
        }
        if (lengths[EndOfBlock] == 0)
            throw Malformed("a block has no code for its end");
        if (!_literals.Build(lengths[..literals]) || !_distances.Build(lengths[literals..]))
            throw Malformed("the code lengths make no complete prefix code");
    }

    private void DecodeSymbols()
    {
        var output = _output;
        var (start, end, limit) = (_end, _end, _output.Length - MaxMatch);
        while (end < limit)
        {
            var symbol = Symbol(_literals);
            if (symbol < EndOfBlock)
            {
                output[end++] = (byte)symbol;
                continue;
            }
            if (symbol == EndOfBlock)
            {
                _state = State.BlockStart;
                break;
            }
            end += Match(symbol - 257, end, _produced + end - start);
        }
        _produced += end - start;
        _end = end;
    }

    private int Match(int lengthCode, int end, long produced)
    {
        if (lengthCode >= LengthBase.Length)
            throw Malformed("a length code is reserved");
        var length = LengthBase[lengthCode] + Take(LengthExtra[lengthCode]);
        var distanceCode = Symbol(_distances);
        if (distanceCode >= DistanceBase.Length)
            throw Malformed("a distance code is reserved");
        var distance = DistanceBase[distanceCode] + Take(DistanceExtra[distanceCode]);
        if (distance > produced)
            throw Malformed($"a match reaches {distance} bytes back, where {produced} have been written");
        var source = _output.AsSpan(end - distance, Math.Min(distance, length));
        var target = _output.AsSpan(end, length);
        // A match that overlaps itself repeats its source: each copy doubles what can be copied next.
        source.CopyTo(target);
        for (var done = source.Length; done < length; done *= 2)
            target[..Math.Min(done, length - done)].CopyTo(target[done..]);
        return length;
    }

    private int Symbol(HuffmanTable table)
    {
        if (input.Count < HuffmanTable.MaxLength)
            input.Refill();
        var entry = table.Decode(input.Bits);
        var length = entry & 15;
        if (entry < 0 || length > input.Count)
            throw input.Count < HuffmanTable.MaxLength ? CutOff() : Malformed("a code stands for nothing");
        input.Skip(length);
        return entry >> 4;
    }

    private int Take(int bits) => (int)(input.Take(bits) ?? throw CutOff());

    private static MalformedException CutOff() => Malformed("it is cut off");

    private static MalformedException Malformed(string reason) => new("gzip member", reason);
}
