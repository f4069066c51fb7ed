using System.Security.Cryptography;

namespace Lucid.Evidence.Merkle;

/// <summary>The root of <see cref="SegmentTree"/> over a ciphertext that comes piece by piece, in O(log n) memory.</summary>
public sealed class SegmentTreeBuilder : IDisposable
{
    private readonly IncrementalHash _segment = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MerkleFrontier _segments = new();
    private int _filled;
    private Hash256? _root;

    /// <summary>Bytes appended.</summary>
    public long Length { get; private set; }

    /// <summary>Appends the next bytes, any number of them.</summary>
    /// <exception cref="InvalidOperationException">The root was taken already.</exception>
    public void Append(ReadOnlySpan<byte> cipher)
    {
        if (_root is not null)
            throw new InvalidOperationException("The root was taken; the ciphertext has ended.");
        Length += cipher.Length;
        while (cipher.Length > 0)
        {
            if (_filled == 0)
                _segment.AppendData([0]);
            var taken = Math.Min(cipher.Length, SegmentTree.SegmentSize - _filled);
            _segment.AppendData(cipher[..taken]);
            cipher = cipher[taken..];
            _filled += taken;
            if (_filled == SegmentTree.SegmentSize)
                EndSegment();
        }
    }

    /// <summary>The root over all that was appended, which ends the ciphertext.</summary>
    public Hash256 Root()
    {
        if (_filled > 0)
            EndSegment();
        return _root ??= _segments.Root();
    }

    public void Dispose() => _segment.Dispose();

    private void EndSegment()
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        _segment.GetHashAndReset(hash);
        _segments.Append(new Hash256(hash));
        _filled = 0;
    }
}
