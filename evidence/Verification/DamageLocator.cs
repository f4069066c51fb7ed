using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Verification;

/// <summary>
/// Finds the byte that was altered, where it was one. A CRC is linear: the CRC that is found and the one that belongs there differ by what
/// the error alone contributes, and shifting that back byte by byte shows each place where one altered byte explains it. For a chunk the
/// root in its leaf then proves which: an evidence file holds no hashes of single segments to compare with.
/// </summary>
internal static class DamageLocator
{
    private static readonly uint[] _table = BuildTable();

    // The tables' top bytes are all different, which is what makes shifting back possible.
    private static readonly byte[] _byTopByte = InvertTable();

    /// <summary>
    /// The places in <paramref name="length"/> bytes at which one altered byte turns the CRC <paramref name="expected"/> into
    /// <paramref name="found"/>, and what that byte has to be XORed with to be as it was; last place first. About one place in 16 million
    /// fits by chance.
    /// </summary>
    public static IEnumerable<(long Position, byte Change)> Candidates(long length, uint found, uint expected)
    {
        var error = found ^ expected;
        for (var position = length - 1; position >= 0 && error != 0; position--)
        {
            var change = _byTopByte[error >> 24];
            if (_table[change] == error)
                yield return (position, change);
            error = ((error ^ _table[change]) << 8) | change;
        }
    }

    /// <summary>The one byte whose change makes the root of <paramref name="cipher"/> the expected one, or null. The bytes are left as
    /// they were.</summary>
    public static (int Position, byte Change)? FindInChunk(Span<byte> cipher, uint foundCrc, uint expectedCrc, Hash256 expectedRoot)
    {
        var hashes = SegmentTree.Hashes(cipher);
        foreach (var (place, change) in Candidates(cipher.Length, foundCrc, expectedCrc))
        {
            var position = (int)place;
            var segment = position / SegmentTree.SegmentSize;
            var start = segment * SegmentTree.SegmentSize;
            var damaged = hashes[segment];
            cipher[position] ^= change;
            hashes[segment] = MerkleHash.Leaf(cipher.Slice(start, Math.Min(SegmentTree.SegmentSize, cipher.Length - start)));
            cipher[position] ^= change;
            if (SegmentTree.Root(hashes) == expectedRoot)
                return (position, change);
            hashes[segment] = damaged;
        }
        return null;
    }

    private static uint[] BuildTable()
    {
        var table = new uint[256];
        for (var value = 0u; value < 256; value++)
        {
            var crc = value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            table[value] = crc;
        }
        return table;
    }

    private static byte[] InvertTable()
    {
        var inverse = new byte[256];
        for (var value = 0; value < 256; value++)
            inverse[_table[value] >> 24] = (byte)value;
        return inverse;
    }
}
