using Org.BouncyCastle.Crypto.Digests;

namespace Lucid.Evidence.Keys;

/// <summary>
/// Keccak-256 with the padding of the original submission (Keccak reference 3.0, domain bits none), which wallets use. It is not SHA3-256:
/// FIPS 202 added two bits to the padding, so the two give different values for every input.
/// </summary>
public static class Keccak256
{
    /// <summary>Bytes in a hash.</summary>
    public const int Size = 32;

    /// <returns>32 bytes.</returns>
    public static byte[] HashData(ReadOnlySpan<byte> data)
    {
        var keccak = new KeccakDigest(8 * Size);
        var input = data.ToArray();
        keccak.BlockUpdate(input, 0, input.Length);
        var hash = new byte[Size];
        keccak.DoFinal(hash, 0);
        return hash;
    }
}
