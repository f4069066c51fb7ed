namespace Lucid.Evidence.Records;

/// <summary>
/// Reads leaves one after the other as their bytes arrive, for a list of leaves that is too long to hold. Whoever has the bytes calls
/// <see cref="Append"/> and takes leaves with <see cref="TryRead"/>; at most one leaf's bytes and what was appended last are kept.
/// </summary>
public sealed class LeafReader
{
    private byte[] _buffer = new byte[2 * Leaf.MaxEncodedLength];
    private int _start;
    private int _end;
    private long _line = 1;
    private ulong _count;

    /// <summary>Adds bytes. Take the leaves that they complete before adding more: the buffer grows by what is not taken.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_buffer.Length - _end < bytes.Length)
            Array.Resize(ref _buffer, Math.Max(_end + bytes.Length, _buffer.Length * 2));
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next leaf and its exact bytes, which are valid until the next call of <see cref="Append"/>.</summary>
    /// <returns>False when the bytes of the next leaf are not all there yet.</returns>
    /// <exception cref="MalformedException">What stands there is no leaf; the message counts lines and leaves from the
    /// beginning.</exception>
    public bool TryRead(out Leaf leaf, out ReadOnlySpan<byte> bytes)
    {
        leaf = null!;
        bytes = _buffer.AsSpan(_start, _end - _start);
        var length = LengthOfFirst(bytes);
        if (length < 0)
        {
            // Whatever is longer than any leaf without being one would otherwise be collected for ever.
            if (bytes.Length < Leaf.MaxEncodedLength)
                return false;
            length = Leaf.MaxEncodedLength;
        }
        bytes = bytes[..length];
        try
        {
            leaf = Leaf.Parse(bytes);
        }
        catch (MalformedException problem)
        {
            throw new MalformedException("leaves", $"leaf number {_count}, which begins in line {_line}: {problem.Message}");
        }
        _start += length;
        _line += leaf is ChunkLeaf ? ChunkLeaf.LineCount : GapLeaf.LineCount;
        _count++;
        return true;
    }

    /// <summary>Refuses bytes that are left over: a leaf that is cut off.</summary>
    /// <exception cref="MalformedException">There are such bytes.</exception>
    public void End()
    {
        if (_end > _start)
            throw new MalformedException("leaves", $"leaf number {_count}, which begins in line {_line}, is cut off after {_end - _start} bytes");
    }

    /// <summary>Where the first leaf ends, by counting the lines that its kind has; -1 when it is not all there.</summary>
    private static int LengthOfFirst(ReadOnlySpan<byte> bytes)
    {
        var lines = 0;
        var length = 0;
        var expected = ChunkLeaf.LineCount;
        while (bytes[length..].IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (lines++ == 0 && bytes[..end].SequenceEqual(GapLeaf.Kind))
                expected = GapLeaf.LineCount;
            length += end + 1;
            if (lines == expected)
                return length;
        }
        return -1;
    }
}
