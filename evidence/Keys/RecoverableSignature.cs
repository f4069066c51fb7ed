using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace Lucid.Evidence.Keys;

/// <summary>
/// An ECDSA signature on secp256k1 from which its key can be recovered (SEC 1, section 4.1.6): 65 bytes, r and s of 32 big-endian bytes
/// each and one byte v. Strict, so that a signature has one form but for its v: r and s in 1..n-1, s not above n/2, v one of 0, 1 (hardware
/// wallets) and 27, 28 (everybody else). The ids 2 and 3 of SEC 1 stand for an r that no honest signer meets (2^-128).
/// </summary>
public sealed class RecoverableSignature : IEquatable<RecoverableSignature>
{
    /// <summary>Bytes in a signature.</summary>
    public const int Size = 65;

    private const int ScalarsSize = 2 * Secp256k1.ScalarSize;
    private const byte FirstId = 27;

    private readonly BigInteger _r;
    private readonly BigInteger _s;
    private readonly bool _odd;

    // The scalars keep the rules of this class.
    internal RecoverableSignature(BigInteger r, BigInteger s, bool odd) => (_r, _s, _odd) = (r, s, odd);

    /// <summary>Reads 65 bytes, or gives null and says in <paramref name="fault"/> what is wrong with them.</summary>
    public static RecoverableSignature? Read(ReadOnlySpan<byte> bytes, out SignatureFault fault)
    {
        fault = SignatureFault.Length;
        if (bytes.Length != Size)
            return null;
        fault = ReadScalars(bytes[..ScalarsSize], out var r, out var s);
        if (fault == SignatureFault.None && bytes[ScalarsSize] is not (0 or 1 or FirstId or FirstId + 1))
            fault = SignatureFault.RecoveryId;
        return fault == SignatureFault.None ? new RecoverableSignature(r, s, bytes[ScalarsSize] is 1 or FirstId + 1) : null;
    }

    /// <summary>The key that signed the digest, or null where no key did. Any signature "recovers" a key: compare it with the one that is expected.</summary>
    /// <param name="digest">Exactly 32 bytes.</param>
    public Secp256k1PublicKey? Recover(ReadOnlySpan<byte> digest)
    {
        var hash = Secp256k1.DigestNumber(digest);
        if (Secp256k1.PointWith(_r, _odd) is not { } noncePoint)
            return null;
        // key = (s·R - hash·G) / r
        var inverse = _r.ModInverse(Secp256k1.Order);
        var key = ECAlgorithms.SumOfTwoMultiplies(
            Secp256k1.Generator, hash.Negate().Multiply(inverse).Mod(Secp256k1.Order),
            noncePoint, _s.Multiply(inverse).Mod(Secp256k1.Order));
        return key.IsInfinity ? null : new Secp256k1PublicKey(key);
    }

    /// <summary>The 65 bytes, with a v of 27 or 28.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Secp256k1.Write(_r, bytes);
        Secp256k1.Write(_s, bytes.AsSpan(Secp256k1.ScalarSize));
        bytes[ScalarsSize] = (byte)(FirstId + (_odd ? 1 : 0));
        return bytes;
    }

    public bool Equals(RecoverableSignature? other) => other is not null && _r.Equals(other._r) && _s.Equals(other._s) && _odd == other._odd;
    public override bool Equals(object? obj) => Equals(obj as RecoverableSignature);
    public override int GetHashCode() => HashCode.Combine(_r, _s, _odd);

    /// <summary>130 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    // r and s of 64 bytes, by the rules of this class.
    internal static SignatureFault ReadScalars(ReadOnlySpan<byte> bytes, out BigInteger r, out BigInteger s)
    {
        (r, s) = (BigInteger.Zero, BigInteger.Zero);
        if (bytes.Length != ScalarsSize)
            return SignatureFault.Length;
        r = Secp256k1.Number(bytes[..Secp256k1.ScalarSize]);
        s = Secp256k1.Number(bytes[Secp256k1.ScalarSize..]);
        if (!Secp256k1.IsScalar(r) || !Secp256k1.IsScalar(s))
            return SignatureFault.Range;
        return s.CompareTo(Secp256k1.HalfOrder) > 0 ? SignatureFault.HighS : SignatureFault.None;
    }
}
