using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace Lucid.Evidence.Keys;

/// <summary>
/// A secp256k1 private key: 32 bytes, a big-endian number in 1..n-1. Deterministic (RFC 6979 with SHA-256): the same digest always gives
/// the same signature. Its arithmetic does not run in constant time: sign where nobody can measure it, as a command on its owner's machine does.
/// </summary>
public sealed class Secp256k1PrivateKey
{
    private readonly BigInteger _scalar;

    /// <param name="secret">Exactly 32 secret bytes, a number in 1..n-1.</param>
    /// <exception cref="ArgumentException">Another length or number. The message does not repeat it.</exception>
    public Secp256k1PrivateKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Secp256k1.ScalarSize)
            throw new ArgumentException($"A secp256k1 private key has {Secp256k1.ScalarSize} bytes, not {secret.Length}.", nameof(secret));
        _scalar = Secp256k1.Number(secret);
        if (!Secp256k1.IsScalar(_scalar))
            throw new ArgumentException("A secp256k1 private key is a number from 1 to the curve's order less 1, and this one is not.", nameof(secret));
        PublicKey = new Secp256k1PublicKey(new FixedPointCombMultiplier().Multiply(Secp256k1.Generator, _scalar));
    }

    /// <summary>A new key from the system's source of randomness.</summary>
    public static Secp256k1PrivateKey Generate()
    {
        // All but 2^-128 of the numbers are keys, so this goes round once.
        while (true)
        {
            var secret = RandomNumberGenerator.GetBytes(Secp256k1.ScalarSize);
            if (Secp256k1.IsScalar(Secp256k1.Number(secret)))
                return new Secp256k1PrivateKey(secret);
        }
    }

    public Secp256k1PublicKey PublicKey { get; }

    /// <summary>The 32 secret bytes, for whoever stores the key.</summary>
    public byte[] ExportSecret()
    {
        var secret = new byte[Secp256k1.ScalarSize];
        Secp256k1.Write(_scalar, secret);
        return secret;
    }

    /// <param name="digest">Exactly 32 bytes.</param>
    /// <returns>A signature from which <see cref="PublicKey"/> can be recovered; its s is the lower one.</returns>
    public RecoverableSignature Sign(ReadOnlySpan<byte> digest)
    {
        var hash = Secp256k1.DigestNumber(digest);
        var nonces = new HMacDsaKCalculator(new Sha256Digest());
        nonces.Init(Secp256k1.Order, _scalar, digest.ToArray());
        while (true)
        {
            var nonce = nonces.NextK();
            var point = new FixedPointCombMultiplier().Multiply(Secp256k1.Generator, nonce).Normalize();
            var r = point.AffineXCoord.ToBigInteger();
            var s = nonce.ModInverse(Secp256k1.Order).Multiply(hash.Add(_scalar.Multiply(r))).Mod(Secp256k1.Order);
            // An x of n or more (2^-128) would need a recovery id of 2 or 3, which wallets refuse; RFC 6979 goes on to the next number.
            if (!Secp256k1.IsScalar(r) || s.SignValue == 0)
                continue;
            var odd = point.AffineYCoord.TestBitZero();
            // s and n - s are both right; the one for -nonce belongs to the point mirrored, whose y is odd where this one's is even.
            return s.CompareTo(Secp256k1.HalfOrder) <= 0
                ? new RecoverableSignature(r, s, odd)
                : new RecoverableSignature(r, Secp256k1.Order.Subtract(s), !odd);
        }
    }
}
