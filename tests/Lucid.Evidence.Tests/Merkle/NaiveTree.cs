using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

/// <summary>The definitions of RFC 6962, section 2.1, word for word and slow, to hold the fast code against.</summary>
internal static class NaiveTree
{
    /// <summary>Leaf hashes for a test, different for each index.</summary>
    public static Hash256[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleHash.Leaf(BitConverter.GetBytes(i)))];

    public static Hash256 Root(ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.Length == 0)
            return Hash256.Of([]);
        if (leaves.Length == 1)
            return leaves[0];
        var k = Split(leaves.Length);
        return Hash256.Of([1, .. Root(leaves[..k]).ToArray(), .. Root(leaves[k..]).ToArray()]);
    }

    public static Hash256[] Path(int m, ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.Length == 1)
            return [];
        var k = Split(leaves.Length);
        return m < k ? [.. Path(m, leaves[..k]), Root(leaves[k..])] : [.. Path(m - k, leaves[k..]), Root(leaves[..k])];
    }

    public static Hash256[] Consistency(int m, ReadOnlySpan<Hash256> leaves) => Subproof(m, leaves, complete: true);

    /// <summary>The source of subtrees that proofs are built from.</summary>
    public static MerkleNodes Nodes(Hash256[] leaves) => (level, index) => Root(leaves.AsSpan((int)index << level, 1 << level));

    private static Hash256[] Subproof(int m, ReadOnlySpan<Hash256> leaves, bool complete)
    {
        if (m == leaves.Length)
            return complete ? [] : [Root(leaves)];
        var k = Split(leaves.Length);
        return m <= k
            ? [.. Subproof(m, leaves[..k], complete), Root(leaves[k..])]
            : [.. Subproof(m - k, leaves[k..], complete: false), Root(leaves[..k])];
    }

    // The largest power of two smaller than n.
    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
