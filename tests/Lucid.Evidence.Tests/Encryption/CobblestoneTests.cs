using System.Security.Cryptography;
using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class CobblestoneTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static TheoryData<int> Lengths =>
        [0, 1, 16383, 16384, 16385, 32767, 32768, 32769, 100_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Decrypt_WhatEncryptWrote_IsTheMessage(int length)
    {
        var plain = Message(length);
        var cipher = Encrypt(plain);
        Assert.Equal(Cobblestone.CipherLength(length), cipher.Length);
        Assert.Equal(length, Cobblestone.PlainLength(cipher.Length));
        var again = new byte[length];
        Assert.Equal(length, Cobblestone.Decrypt(s_key, "context"u8, cipher, again));
        Assert.Equal(plain, again);
    }

    [Fact]
    public void Encrypt_Twice_UsesAnotherSalt() => Assert.NotEqual(Encrypt(Message(10)), Encrypt(Message(10)));

    [Fact]
    public void PlainLength_ExactlyTheLengthsThatEncryptionProduces_AreAccepted()
    {
        var possible = Enumerable.Range(0, 50_001).Select(length => Cobblestone.CipherLength(length)).ToHashSet();
        var around = new[] { 56, 56 + 16400, 56 + (2 * 16400) };
        foreach (var length in around.SelectMany(middle => Enumerable.Range(middle - 80, 160)))
        {
            long at = length;
            if (possible.Contains(length))
                Assert.Equal(length, Cobblestone.CipherLength(Cobblestone.PlainLength(length)));
            else
                Assert.Equal(CobblestoneFault.Truncated, Assert.Throws<CobblestoneException>(() => Cobblestone.PlainLength(at)).Fault);
        }
    }

    [Fact]
    public void Lengths_AtTheFormatsEnd_AreExact()
    {
        var longest = Cobblestone.CipherLength(Cobblestone.MaxPlainLength);
        Assert.Equal(Cobblestone.MaxPlainLength, Cobblestone.PlainLength(longest));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cobblestone.CipherLength(Cobblestone.MaxPlainLength + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cobblestone.CipherLength(-1));
        Assert.Throws<CobblestoneException>(() => Cobblestone.PlainLength(longest + 1 + Cobblestone.TagSize));
        Assert.Throws<CobblestoneException>(() => Cobblestone.PlainLength(long.MaxValue));
        Assert.Throws<CobblestoneException>(() => Cobblestone.PlainLength(long.MinValue));
    }

    [Fact]
    public void Decrypt_AnyByteAltered_NamesTheRecordAndLeavesNoPlaintext()
    {
        var cipher = Encrypt(Message(40_000));
        var plain = new byte[40_000];
        var random = new Random(7);
        var places = Enumerable.Range(0, 60).Concat([16_455, 16_456, cipher.Length - 1])
            .Concat(Enumerable.Range(0, 100).Select(_ => random.Next(cipher.Length)));
        foreach (var place in places)
        {
            cipher[place] ^= 0x40;
            Array.Fill(plain, (byte)1);
            var failure = Assert.Throws<CobblestoneException>(() => Cobblestone.Decrypt(s_key, "context"u8, cipher, plain));
            if (place < 56)
            {
                Assert.Equal(CobblestoneFault.WrongKeyOrContext, failure.Fault);
                Assert.Null(failure.Record);
            }
            else
            {
                Assert.Equal(CobblestoneFault.AlteredRecord, failure.Fault);
                Assert.Equal((place - 56) / 16400, failure.Record);
                // Nothing that belongs to the message may be left, not even of the authentic records before.
                Assert.Equal(-1, plain.AsSpan().IndexOfAnyExcept((byte)0, (byte)1));
                Assert.Equal(-1, plain.AsSpan(0, 16384).IndexOfAnyExcept((byte)0));
            }
            cipher[place] ^= 0x40;
        }
    }

    [Fact]
    public void Decrypt_EveryPrefix_IsRefused()
    {
        var cipher = Encrypt(Message(20_000));
        var plain = new byte[20_000];
        for (var length = 0; length < cipher.Length; length += length is < 60 or > 20_000 ? 1 : 97)
        {
            var cut = length;
            Assert.Throws<CobblestoneException>(() => Cobblestone.Decrypt(s_key, "context"u8, cipher.AsSpan(0, cut), plain));
        }
    }

    [Fact]
    public void Decrypt_AnotherKeyOrContext_IsKnownAsThat()
    {
        var cipher = Encrypt(Message(10));
        var other = s_key.ToArray();
        other[31] ^= 1;
        var plain = new byte[10];
        Assert.Equal(
            CobblestoneFault.WrongKeyOrContext,
            Assert.Throws<CobblestoneException>(() => Cobblestone.Decrypt(other, "context"u8, cipher, plain)).Fault);
        Assert.Equal(
            CobblestoneFault.WrongKeyOrContext,
            Assert.Throws<CobblestoneException>(() => Cobblestone.Decrypt(s_key, "contexT"u8, cipher, plain)).Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(33)]
    public void AnyUse_KeyOfAnotherSize_IsRefused(int size)
    {
        var key = new byte[size];
        var cipher = Encrypt(Message(10));
        Assert.Throws<ArgumentException>(() => Cobblestone.Encrypt(key, [], new byte[10], new byte[200]));
        Assert.Throws<ArgumentException>(() => Cobblestone.Decrypt(key, [], cipher, new byte[10]));
        Assert.Throws<ArgumentException>(() => new CobblestoneReader(Stream.Null, key, []));
        Assert.Throws<ArgumentException>(() => new CobblestoneWriter(Stream.Null, key, []));
        Assert.Throws<ArgumentException>(() => CobblestoneFile.Open(key, [], cipher.Length, (_, _) => 0));
    }

    [Fact]
    public void OneShot_DestinationShortOrOverlapping_IsRefusedBeforeWork()
    {
        var cipher = Encrypt(Message(100));
        Assert.Throws<ArgumentException>(() => Cobblestone.Decrypt(s_key, "context"u8, cipher, new byte[99]));
        Assert.Throws<ArgumentException>(() => Cobblestone.Encrypt(s_key, [], new byte[100], new byte[171]));
        Assert.Throws<ArgumentException>(() => Cobblestone.Decrypt(s_key, "context"u8, cipher, cipher));
        var shared = new byte[1000];
        Assert.Throws<ArgumentException>(() => Cobblestone.Encrypt(s_key, [], shared.AsSpan(0, 100), shared.AsSpan(50)));
    }

    [Fact]
    public void Seal_BeyondTheLastRecord_IsRefused()
    {
        using var records = RecordCipher.Create(s_key, [], new byte[24], new byte[56]);
        records.Seal((1L << 38) - 1, [], new byte[16]);
        Assert.Throws<ArgumentOutOfRangeException>(() => records.Seal(1L << 38, [], new byte[16]));
        Assert.Throws<ArgumentOutOfRangeException>(() => records.Seal(-1, [], new byte[16]));
    }

    [Fact]
    public void Expand_Rfc5869Lengths_AgreeWithDotNetWhereItTakesTheKey()
    {
        var random = new Random(3);
        foreach (var length in new[] { 1, 63, 64, 65, 76, 128, 1000, 255 * 64 })
        {
            var key = new byte[64];
            var info = new byte[random.Next(600)];
            random.NextBytes(key);
            random.NextBytes(info);
            var mine = new byte[length];
            HkdfExpand.Sha512(key, info, mine);
            Assert.Equal(HKDF.Expand(HashAlgorithmName.SHA512, key, length, info), mine);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => HkdfExpand.Sha512(new byte[32], [], new byte[(255 * 64) + 1]));
    }

    private static byte[] Message(int length)
    {
        var plain = new byte[length];
        new Random(length).NextBytes(plain);
        for (var i = 0; i < length; i++)
            plain[i] |= 2; // never 0 or 1, so that tests can tell message bytes from cleared and untouched ones
        return plain;
    }

    private static byte[] Encrypt(byte[] plain)
    {
        var cipher = new byte[Cobblestone.CipherLength(plain.Length)];
        Assert.Equal(cipher.Length, Cobblestone.Encrypt(s_key, "context"u8, plain, cipher));
        return cipher;
    }
}
