using Org.BouncyCastle.Math.EC;

namespace Lucid.Evidence.Keys;

/// <summary>
/// A secp256k1 public key: 64 bytes, X and Y of a point of the curve, both big-endian (SEC 1, section 2.3.3, uncompressed, without its
/// first byte 04). Written as 128 lower-case hexadecimal digits.
/// </summary>
public sealed class Secp256k1PublicKey : IEquatable<Secp256k1PublicKey>
{
    /// <summary>Bytes in a public key.</summary>
    public const int Size = 2 * Secp256k1.ScalarSize;

    /// <summary>Bytes of <see cref="AccountId"/>.</summary>
    public const int AccountIdSize = 20;

    private readonly byte[] _bytes = new byte[Size];
    private readonly ECPoint _point;

    // The point is one of the curve, and not the neutral one.
    internal Secp256k1PublicKey(ECPoint point)
    {
        _point = point.Normalize();
        _point.AffineXCoord.GetEncoded().CopyTo(_bytes, 0);
        _point.AffineYCoord.GetEncoded().CopyTo(_bytes, Secp256k1.ScalarSize);
    }

    /// <summary>Reads 64 bytes.</summary>
    /// <exception cref="MalformedException">Another length, or no point of the curve: whoever sent it has no such key.</exception>
    public static Secp256k1PublicKey Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new MalformedException("secp256k1 public key", $"it has {bytes.Length} bytes instead of {Size} (X and Y, without a first byte 04)");
        var (x, y) = (Secp256k1.Number(bytes[..Secp256k1.ScalarSize]), Secp256k1.Number(bytes[Secp256k1.ScalarSize..]));
        return Secp256k1.PointAt(x, y) is { } point
            ? new Secp256k1PublicKey(point)
            : throw new MalformedException("secp256k1 public key", "its two numbers are not a point of the curve");
    }

    /// <summary>The 64 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The last 20 bytes of the key's Keccak-256: what stands in an account's address, whatever the network.</summary>
    public byte[] AccountId() => Keccak256.HashData(_bytes)[^AccountIdSize..];

    /// <summary>
    /// Whether <paramref name="signature"/>, r and s of 32 bytes each, is this key's over the digest (SEC 1, section 4.1.4), by the strict
    /// rules of <see cref="RecoverableSignature"/>: r and s in 1..n-1, s not above n/2. Anything else is simply not valid.
    /// </summary>
    /// <param name="digest">Exactly 32 bytes.</param>
    public bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var hash = Secp256k1.DigestNumber(digest);
        if (RecoverableSignature.ReadScalars(signature, out var r, out var s) != SignatureFault.None)
            return false;
        var inverse = s.ModInverse(Secp256k1.Order);
        var point = ECAlgorithms.SumOfTwoMultiplies(
            Secp256k1.Generator, hash.Multiply(inverse).Mod(Secp256k1.Order),
            _point, r.Multiply(inverse).Mod(Secp256k1.Order)).Normalize();
        return !point.IsInfinity && point.AffineXCoord.ToBigInteger().Mod(Secp256k1.Order).Equals(r);
    }

    public bool Equals(Secp256k1PublicKey? other) => other is not null && Bytes.SequenceEqual(other.Bytes);
    public override bool Equals(object? obj) => Equals(obj as Secp256k1PublicKey);
    public override int GetHashCode() => BitConverter.ToInt32(_bytes);

    /// <summary>128 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(_bytes);
}
