using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Tests.Keys;

public sealed class Secp256k1Tests
{
    // SEC 2, section 2.4.1: n, p and G.
    private const string Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    private const string FieldSize = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
    private const string Generator =
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

    private static readonly string _half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
    private static readonly string _one = new string('0', 63) + "1";
    private static readonly string _zero = new('0', 64);

    private static readonly Arbitrary<byte[]> _digests = ArbMap.Default.GeneratorFor<byte>().ArrayOf(32).ToArbitrary();

    private static Secp256k1PrivateKey Key(string hex) => new(Convert.FromHexString(hex));

    [Fact]
    public void PublicKey_OfOne_IsTheGenerator() => Assert.Equal(Generator, Key(_one).PublicKey.ToString());

    [Fact]
    public void PublicKey_OfTheOrderLessOne_IsTheGeneratorMirrored()
    {
        var mirrored = Key(Order[..62] + "40").PublicKey.ToString();
        Assert.Equal(Generator[..64], mirrored[..64]);
        Assert.NotEqual(Generator[64..], mirrored[64..]);
    }

    [Fact]
    public void PrivateKey_OutsideOneToTheOrder_IsRefused()
    {
        foreach (var hex in new[] { _zero, Order, Order[..62] + "42", new string('f', 64), "", "01", _one + "00" })
            Assert.DoesNotContain(hex.Length > 4 ? hex : "no such text", Assert.Throws<ArgumentException>(() => Key(hex)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void PrivateKey_Generated_IsAnotherEachTimeAndComesBackFromItsBytes()
    {
        var key = Secp256k1PrivateKey.Generate();
        Assert.NotEqual(key.PublicKey, Secp256k1PrivateKey.Generate().PublicKey);
        Assert.Equal(key.PublicKey, new Secp256k1PrivateKey(key.ExportSecret()).PublicKey);
        Assert.Equal(_one, Convert.ToHexStringLower(Key(_one).ExportSecret()));
    }

    [Fact]
    public void PublicKey_ParsedFromItsBytes_IsEqual()
    {
        var key = Secp256k1PrivateKey.Generate().PublicKey;
        var again = Secp256k1PublicKey.Parse(key.Bytes);
        Assert.Equal(key, again);
        Assert.Equal(key.GetHashCode(), again.GetHashCode());
        Assert.Equal(key.AccountId(), again.AccountId());
        Assert.Equal(Secp256k1PublicKey.AccountIdSize, key.AccountId().Length);
    }

    [Fact]
    public void PublicKey_NoPointOfTheCurve_IsRefused()
    {
        var generator = Convert.FromHexString(Generator);
        List<byte[]> refused = [[], generator[..63], [4, .. generator], new byte[64], Convert.FromHexString(FieldSize + FieldSize)];
        // x + p is the same number to the curve, and would be a second text for the same key: 1 is the x of a point, and p + 1 has 32 bytes.
        refused.Add(Convert.FromHexString(FieldSize[..62] + "30" + "4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee"));
        for (var bit = 0; bit < 512; bit += 7)
        {
            var altered = generator.AsSpan().ToArray();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            refused.Add(altered);
        }
        Assert.All(refused, bytes => Assert.Throws<MalformedException>(() => Secp256k1PublicKey.Parse(bytes)));
        Secp256k1PublicKey.Parse(Convert.FromHexString(_one + "4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee"));
    }

    [Fact]
    public void Sign_AnyDigest_IsRecoveredVerifiedAndTheSameAgain() => Prop.ForAll(_digests, digest =>
    {
        var key = new Secp256k1PrivateKey(Keccak256.HashData(digest));
        var signature = key.Sign(digest);
        Assert.Equal(key.PublicKey, signature.Recover(digest));
        Assert.True(key.PublicKey.Verify(digest, signature.ToArray().AsSpan(0, 64)));
        Assert.Equal(signature, key.Sign(digest));
        Assert.Equal(signature, RecoverableSignature.Read(signature.ToArray(), out var fault));
        Assert.Equal(SignatureFault.None, fault);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sign_AnyAlteredDigestOrSignature_IsNotThisKeys()
    {
        var key = Key(_one);
        var digest = Keccak256.HashData("message"u8);
        var signature = key.Sign(digest).ToArray();
        for (var bit = 0; bit < 256; bit += 5)
        {
            digest[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(key.PublicKey, RecoverableSignature.Read(signature, out _)!.Recover(digest));
            Assert.False(key.PublicKey.Verify(digest, signature.AsSpan(0, 64)));
            digest[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var bit = 0; bit < 8 * 65; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(key.PublicKey, RecoverableSignature.Read(signature, out _)?.Recover(digest));
            Assert.True(bit >= 8 * 64 || !key.PublicKey.Verify(digest, signature.AsSpan(0, 64)));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.True(key.PublicKey.Verify(digest, signature.AsSpan(0, 64)));
    }

    [Fact]
    public void Sign_ADigestOfAnotherLength_IsTheCallersMistake()
    {
        var signature = Key(_one).Sign(new byte[32]);
        foreach (var length in new[] { 0, 31, 33 })
        {
            Assert.Throws<ArgumentException>(() => Key(_one).Sign(new byte[length]));
            Assert.Throws<ArgumentException>(() => signature.Recover(new byte[length]));
            Assert.Throws<ArgumentException>(() => Key(_one).PublicKey.Verify(new byte[length], new byte[64]));
        }
    }

    [Fact]
    public void Read_TheBoundsOfEachPart_AreAcceptedAndOnePastThemRefused()
    {
        SignatureFault FaultOf(string r, string s, string v)
        {
            var signature = RecoverableSignature.Read(Convert.FromHexString(r + s + v), out var fault);
            Assert.Equal(fault == SignatureFault.None, signature is not null);
            return fault;
        }
        Assert.Equal(SignatureFault.None, FaultOf(_one, _one, "00"));
        Assert.Equal(SignatureFault.None, FaultOf(Order[..62] + "40", _half, "1c"));
        Assert.Equal(SignatureFault.Range, FaultOf(_zero, _one, "00"));
        Assert.Equal(SignatureFault.Range, FaultOf(_one, _zero, "00"));
        Assert.Equal(SignatureFault.Range, FaultOf(Order, _one, "00"));
        Assert.Equal(SignatureFault.Range, FaultOf(_one, Order, "00"));
        Assert.Equal(SignatureFault.Range, FaultOf(new string('f', 64), new string('f', 64), "00"));
        Assert.Equal(SignatureFault.HighS, FaultOf(_one, _half[..62] + "a1", "00"));
        Assert.Equal(SignatureFault.HighS, FaultOf(_one, Order[..62] + "40", "1b"));
        Assert.Equal(SignatureFault.Length, FaultOf("", "", ""));
        Assert.Equal(SignatureFault.Length, FaultOf(_one, _one, ""));
        Assert.Equal(SignatureFault.Length, FaultOf(_one, _one, "0000"));
        for (var v = 0; v < 256; v++)
            Assert.Equal(v is 0 or 1 or 27 or 28 ? SignatureFault.None : SignatureFault.RecoveryId, FaultOf(_one, _one, $"{v:x2}"));
    }

    [Fact]
    public void Read_WithTheHardwareWalletsV_IsTheSameSignature()
    {
        var signature = Key(_one).Sign(new byte[32]);
        var bytes = signature.ToArray();
        bytes[64] -= 27;
        Assert.Equal(signature, RecoverableSignature.Read(bytes, out _));
        bytes[64] ^= 1;
        Assert.NotEqual(signature, RecoverableSignature.Read(bytes, out _));
    }

    [Fact]
    public void Mirror_OfASignature_IsRefusedAsHighS()
    {
        // Without the rule, n - s and the other v would be a second signature of the same key, made without it.
        var bytes = Key(_one).Sign(new byte[32]).ToArray();
        var order = new System.Numerics.BigInteger(Convert.FromHexString(Order), isUnsigned: true, isBigEndian: true);
        var s = order - new System.Numerics.BigInteger(bytes.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        s.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(bytes.AsSpan(32));
        bytes[64] ^= 7;
        Assert.Null(RecoverableSignature.Read(bytes, out var fault));
        Assert.Equal(SignatureFault.HighS, fault);
        Assert.False(Key(_one).PublicKey.Verify(new byte[32], bytes.AsSpan(0, 64)));
    }

    [Fact]
    public void Recover_AnRThatIsNoPointsX_GivesNoKey()
    {
        // 5 is the x of no point of the curve; 1 is.
        var none = Convert.FromHexString(_zero[..63] + "5" + _one + "00");
        Assert.Null(RecoverableSignature.Read(none, out _)!.Recover(new byte[32]));
        Assert.NotNull(RecoverableSignature.Read(Convert.FromHexString(_one + _one + "00"), out _)!.Recover(new byte[32]));
    }

    [Fact]
    public void Recover_WhereTheKeyWouldBeTheNeutralPoint_GivesNoKey()
    {
        // With the nonce 1, R is the generator, and s = digest makes s·R - digest·G nothing at all.
        var two = _zero[..63] + "2";
        var signature = RecoverableSignature.Read(Convert.FromHexString(Generator[..64] + two + "00"), out _)!;
        Assert.Null(signature.Recover(Convert.FromHexString(two)));
        Assert.NotNull(signature.Recover(Convert.FromHexString(_one)));
    }

    [Fact]
    public void Read_AnyBytes_AreASignatureOrAFault() => Prop.ForAll(
        Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => bytes ?? []),
            ArbMap.Default.GeneratorFor<byte>().ArrayOf(65),
            Gen.Elements<byte>(0, 1, 27, 28, 255).ArrayOf(65)).ToArbitrary(),
        bytes =>
        {
            var signature = RecoverableSignature.Read(bytes, out var fault);
            Assert.Equal(fault == SignatureFault.None, signature is not null);
            signature?.Recover(new byte[32]);
            Assert.True(signature is null || bytes.AsSpan(0, 64).SequenceEqual(signature.ToArray().AsSpan(0, 64)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
