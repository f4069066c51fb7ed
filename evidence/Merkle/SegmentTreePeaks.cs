namespace Lucid.Evidence.Merkle;

/// <summary>The roots of the complete subtrees of what was appended, largest first: one per bit that is set in the count.</summary>
internal sealed class SegmentTreePeaks
{
    private readonly Stack<Hash256> _peaks = new();
    private long _count;

    public void Append(Hash256 leaf)
    {
        // Each trailing one bit of the count is a complete subtree that the new leaf completes to one of twice the size.
        for (var bits = _count; (bits & 1) == 1; bits >>= 1)
            leaf = MerkleHash.Node(_peaks.Pop(), leaf);
        _peaks.Push(leaf);
        _count++;
    }

    public Hash256 Root()
    {
        Hash256? root = null;
        foreach (var peak in _peaks)
            root = root is { } right ? MerkleHash.Node(peak, right) : peak;
        return root ?? MerkleHash.Empty;
    }
}
