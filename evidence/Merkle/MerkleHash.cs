using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Lucid.Evidence.Merkle;

/// <summary>The three hashes of RFC 6962, section 2.1: of nothing, of a leaf (0x00 prefix) and of an inner node (0x01 prefix).</summary>
[SkipLocalsInit] // Every byte of the buffers here is written before it is read, and clearing them first shows in the time of a node.
public static class MerkleHash
{
    // One for each thread, kept: SHA256.HashData makes one anew for every node, which then takes a third longer.
    [ThreadStatic]
    private static IncrementalHash? _sha;

    private static IncrementalHash Sha => _sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The root of the tree without leaves: SHA-256 of the empty string.</summary>
    public static Hash256 Empty { get; } = Hash256.Of([]);

    /// <summary>SHA-256(0x00 ‖ <paramref name="entry"/>).</summary>
    public static Hash256 Leaf(ReadOnlySpan<byte> entry)
    {
        var sha = Sha;
        sha.AppendData([0]);
        sha.AppendData(entry);
        return Finish(sha);
    }

    /// <summary>SHA-256(0x01 ‖ <paramref name="left"/> ‖ <paramref name="right"/>).</summary>
    public static Hash256 Node(in Hash256 left, in Hash256 right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Hash256.Size)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Hash256.Size)..]);
        var sha = Sha;
        sha.AppendData(input);
        return Finish(sha);
    }

    private static Hash256 Finish(IncrementalHash sha)
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        sha.GetHashAndReset(hash);
        return new Hash256(hash);
    }
}
