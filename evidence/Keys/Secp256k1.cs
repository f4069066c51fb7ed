using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace Lucid.Evidence.Keys;

/// <summary>The curve y² = x³ + 7 of SEC 2, section 2.4.1, with what is computed once for it.</summary>
internal static class Secp256k1
{
    /// <summary>Bytes of a scalar, a coordinate and a digest. The order has 256 bits, so a digest is taken as a number without being cut.</summary>
    public const int ScalarSize = 32;

    // The custom field is several times as fast as the generic one, and its endomorphism halves the doublings of a multiplication.
    private static readonly X9ECParameters _parameters = CustomNamedCurves.GetByName("secp256k1");

    public static ECPoint Generator { get; } = _parameters.G;
    public static BigInteger Order { get; } = _parameters.N;
    public static BigInteger HalfOrder { get; } = _parameters.N.ShiftRight(1);

    private static BigInteger FieldSize { get; } = _parameters.Curve.Field.Characteristic;

    /// <summary>An unsigned big-endian number.</summary>
    public static BigInteger Number(ReadOnlySpan<byte> bytes) => new(1, bytes.ToArray());

    /// <summary>Writes a number below 2^256 as 32 big-endian bytes.</summary>
    public static void Write(BigInteger number, Span<byte> destination)
    {
        var digits = number.ToByteArrayUnsigned();
        destination[..(ScalarSize - digits.Length)].Clear();
        digits.CopyTo(destination[(ScalarSize - digits.Length)..]);
    }

    /// <summary>Whether a number is in 1..n-1.</summary>
    public static bool IsScalar(BigInteger number) => number.SignValue > 0 && number.CompareTo(Order) < 0;

    /// <summary>The point with these coordinates, or null where there is none.</summary>
    public static ECPoint? PointAt(BigInteger x, BigInteger y) =>
        x.CompareTo(FieldSize) < 0 && y.CompareTo(FieldSize) < 0 &&
        Field(y).Square().Equals(RightSide(Field(x))) ? _parameters.Curve.CreatePoint(x, y) : null;

    /// <summary>The point with this x and an odd or even y, or null where no point has this x: every second x has none.</summary>
    public static ECPoint? PointWith(BigInteger x, bool oddY)
    {
        if (x.CompareTo(FieldSize) >= 0 || RightSide(Field(x)).Sqrt() is not { } y)
            return null;
        if (y.TestBitZero() != oddY)
            y = y.Negate();
        return _parameters.Curve.CreatePoint(x, y.ToBigInteger());
    }

    /// <summary>The digest as a number, for a digest of exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">Another length: the caller hashed with something else.</exception>
    public static BigInteger DigestNumber(ReadOnlySpan<byte> digest) =>
        digest.Length == ScalarSize
            ? Number(digest)
            : throw new ArgumentException($"A digest that is signed with secp256k1 has {ScalarSize} bytes, not {digest.Length}.", nameof(digest));

    private static ECFieldElement Field(BigInteger number) => _parameters.Curve.FromBigInteger(number);

    private static ECFieldElement RightSide(ECFieldElement x) => x.Square().Multiply(x).Add(_parameters.Curve.B);
}
