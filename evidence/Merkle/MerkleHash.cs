using System.Security.Cryptography;

namespace Lucid.Evidence.Merkle;

/// <summary>The three hashes of RFC 6962, section 2.1: of nothing, of a leaf (0x00 prefix) and of an inner node (0x01 prefix).</summary>
public static class MerkleHash
{
    /// <summary>The root of the tree without leaves: SHA-256 of the empty string.</summary>
    public static Hash256 Empty { get; } = Hash256.Of([]);

    /// <summary>SHA-256(0x00 ‖ <paramref name="entry"/>).</summary>
    public static Hash256 Leaf(ReadOnlySpan<byte> entry)
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        if (entry.Length <= 1024)
        {
            Span<byte> input = stackalloc byte[1 + entry.Length];
            input[0] = 0;
            entry.CopyTo(input[1..]);
            SHA256.HashData(input, hash);
            return new Hash256(hash);
        }
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData([0]);
        sha.AppendData(entry);
        sha.GetHashAndReset(hash);
        return new Hash256(hash);
    }

    /// <summary>SHA-256(0x01 ‖ <paramref name="left"/> ‖ <paramref name="right"/>).</summary>
    public static Hash256 Node(in Hash256 left, in Hash256 right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Hash256.Size)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Hash256.Size)..]);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        SHA256.HashData(input, hash);
        return new Hash256(hash);
    }
}
