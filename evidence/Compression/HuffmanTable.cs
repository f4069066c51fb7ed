namespace Lucid.Evidence.Compression;

/// <summary>
/// A canonical Huffman code (RFC 1951, section 3.2.2) for decoding: codes of up to 10 bits by one look-up, longer ones bit by bit.
/// </summary>
internal sealed class HuffmanTable
{
    public const int MaxLength = 15;
    private const int LookupBits = 10;

    // Indexed by the next bits of the input: symbol × 16 + code length, or 0 where the code is longer or there is none.
    private readonly ushort[] _lookup = new ushort[1 << LookupBits];
    private readonly ushort[] _count = new ushort[MaxLength + 1];
    private readonly ushort[] _symbols = new ushort[288];

    /// <summary>Takes the code lengths of all symbols, 0 for those that do not occur.</summary>
    /// <returns>
    /// False where they are no prefix code: over-subscribed, or incomplete. As in zlib, one code of one bit, or none at all, is let pass
    /// as the only incomplete ones; a bit that has no meaning then is refused when it comes.
    /// </returns>
    public bool Build(ReadOnlySpan<byte> lengths)
    {
        Array.Clear(_count);
        Array.Clear(_lookup);
        foreach (var length in lengths)
            _count[length]++;
        var used = lengths.Length - _count[0];
        _count[0] = 0;
        var free = 1;
        for (var length = 1; length <= MaxLength; length++)
        {
            free = (free << 1) - _count[length];
            if (free < 0)
                return false;
        }
        if (free > 0 && !(used == 0 || (used == 1 && _count[1] == 1)))
            return false;

        Span<int> next = stackalloc int[MaxLength + 1];
        Span<int> offset = stackalloc int[MaxLength + 1];
        next.Clear();
        offset.Clear();
        for (var length = 1; length < MaxLength; length++)
        {
            next[length + 1] = (next[length] + _count[length]) << 1;
            offset[length + 1] = offset[length] + _count[length];
        }
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0)
                continue;
            _symbols[offset[length]++] = (ushort)symbol;
            var code = next[length]++;
            if (length <= LookupBits)
                FillLookup(Reverse(code, length), length, symbol);
        }
        return true;
    }

    /// <summary>Decodes the symbol at the low end of <paramref name="bits"/>.</summary>
    /// <returns>Symbol × 16 + code length; negative where no code matches.</returns>
    public int Decode(ulong bits)
    {
        var entry = _lookup[(int)(bits & ((1 << LookupBits) - 1))];
        return entry != 0 ? entry : DecodeLong(bits);
    }

    private int DecodeLong(ulong bits)
    {
        var (code, first, index) = (0, 0, 0);
        for (var length = 1; length <= MaxLength; length++)
        {
            code |= (int)(bits & 1);
            bits >>= 1;
            int count = _count[length];
            if (code - first < count)
                return (_symbols[index + code - first] << 4) | length;
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        return -1;
    }

    private void FillLookup(int start, int length, int symbol)
    {
        for (var i = start; i < _lookup.Length; i += 1 << length)
            _lookup[i] = (ushort)((symbol << 4) | length);
    }

    private static int Reverse(int code, int length)
    {
        var reversed = 0;
        for (; length > 0; length--, code >>= 1)
            reversed = (reversed << 1) | (code & 1);
        return reversed;
    }
}
