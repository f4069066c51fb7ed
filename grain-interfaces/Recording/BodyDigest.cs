using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Recording;

/// <summary>What a client says of a body that it sends, so that what left it is what is sealed. At least one of the two is given.</summary>
/// <param name="Sha256">Its SHA-256; null where the client sent none.</param>
/// <param name="Crc32c">Its CRC-32C, which finds what was damaged on the way, but not what somebody altered; null where the client sent none.</param>
public sealed record BodyDigest(Hash256? Sha256, uint? Crc32c)
{
    /// <summary>Whether all that was said is so.</summary>
    public bool Matches(ReadOnlySpan<byte> body) =>
        (Crc32c is not { } crc || Evidence.Compression.Crc32c.Of(body) == crc) && (Sha256 is not { } hash || Hash256.Of(body) == hash);
}
