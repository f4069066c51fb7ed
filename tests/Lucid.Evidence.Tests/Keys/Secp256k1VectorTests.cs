using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Tests.Keys;

/// <summary>Wycheproof's cases of ECDSA by Bitcoin's rules: DER and nothing like it, and the lower s only.</summary>
public sealed class Secp256k1VectorTests
{
    [Fact]
    public void Verify_EveryVector_ComesOutAsTheFileSays()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find("ecdsa_secp256k1_sha256_bitcoin_test.json")));
        var cases = document.RootElement.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray().Select(test => (Group: group, Test: test)));
        VectorFolder.RunAll(cases, c => $"tcId {c.Test.GetProperty("tcId")} ({c.Test.GetProperty("comment")})", c =>
        {
            Assert.Equal("SHA-256", c.Group.GetProperty("sha").GetString());
            var uncompressed = Convert.FromHexString(c.Group.GetProperty("publicKey").GetProperty("uncompressed").GetString()!);
            Assert.Equal(4, uncompressed[0]);
            var key = Secp256k1PublicKey.Parse(uncompressed.AsSpan(1));
            var digest = SHA256.HashData(Convert.FromHexString(c.Test.GetProperty("msg").GetString()!));
            var signature = ReadDer(Convert.FromHexString(c.Test.GetProperty("sig").GetString()!));
            Assert.Equal(c.Test.GetProperty("result").GetString(), signature is not null && key.Verify(digest, signature) ? "valid" : "invalid");
            if (signature is not null)
                AssertRecoverySaysTheSame(key, digest, signature);
        });
    }

    // Recovery has one more way to fail: an x between the order and the field's size, which differ by 129 bits, is cut to the order in r,
    // and would need the ids 2 and 3, which are refused.
    private static void AssertRecoverySaysTheSame(Secp256k1PublicKey key, byte[] digest, byte[] signature)
    {
        var recovered = new byte[] { 27, 28 }.Select(v => RecoverableSignature.Read([.. signature, v], out _)?.Recover(digest));
        var mayBeCut = signature.AsSpan(0, 15).IndexOfAnyExcept((byte)0) < 0;
        if (!mayBeCut)
            Assert.Equal(key.Verify(digest, signature), recovered.Any(key.Equals));
        else
            Assert.True(key.Verify(digest, signature) || !recovered.Any(key.Equals));
    }

    /// <summary>r and s of 32 bytes each, or null where the bytes are not the DER of two numbers of that size.</summary>
    private static byte[]? ReadDer(byte[] der)
    {
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            var scalars = new byte[64];
            foreach (var scalar in new[] { scalars.AsMemory(0, 32), scalars.AsMemory(32) })
            {
                var number = sequence.ReadInteger();
                if (number < 0 || number.GetByteCount(isUnsigned: true) > 32)
                    return null;
                number.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(scalar[(32 - number.GetByteCount(isUnsigned: true))..]);
            }
            sequence.ThrowIfNotEmpty();
            reader.ThrowIfNotEmpty();
            return scalars;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
