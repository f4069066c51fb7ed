using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

public sealed class SegmentTreeTests
{
    public static TheoryData<int> Lengths =>
        [0, 1, 65535, 65536, 65537, 2 * 65536, (3 * 65536) + 9, 7 * 65536, (11 * 65536) + 1, 16 * 65536, (33 * 65536) + 5];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Root_AnyLengthAndParallelism_IsTheRfcsTreeOverTheSegments(int length)
    {
        var cipher = Cipher(length);
        var leaves = cipher.Chunk(SegmentTree.SegmentSize).Select(segment => MerkleHash.Leaf(segment)).ToArray();
        Assert.Equal(leaves.Length, SegmentTree.SegmentCount(length));
        foreach (var parallelism in new[] { 1, 2, 3, 16 })
        {
            Assert.Equal(leaves, SegmentTree.Hashes(cipher, parallelism));
            Assert.Equal(NaiveTree.Root(leaves), SegmentTree.Root(cipher, parallelism));
        }
        Assert.Equal(NaiveTree.Root(leaves), SegmentTree.Root(leaves));
    }

    [Fact]
    public void Hashes_OneByteAltered_NameTheSegment()
    {
        var cipher = Cipher(500_000);
        var expected = SegmentTree.Hashes(cipher);
        cipher[3 * 65536] ^= 1;
        var actual = SegmentTree.Hashes(cipher);
        Assert.Equal(3, expected.AsSpan().CommonPrefixLength(actual));
        Assert.NotEqual(SegmentTree.Root(expected), SegmentTree.Root(actual));
    }

    [Fact]
    public void Hashes_NoParallelism_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => SegmentTree.Hashes([1], 0));

    private static byte[] Cipher(int length)
    {
        var cipher = new byte[length];
        new Random(length).NextBytes(cipher);
        return cipher;
    }
}
