using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class KeyWrapTests
{
    [Fact]
    public void Wycheproof_EveryVector_ComesOutAsTheFileSays()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find("aes_kwp_test.json")));
        var cases = document.RootElement.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray());
        VectorFolder.RunAll(cases, test => $"tcId {test.GetProperty("tcId")} ({test.GetProperty("comment")})", test =>
        {
            byte[] Hex(string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
            switch (test.GetProperty("result").GetString())
            {
                case "valid":
                    Assert.Equal(Hex("ct"), KeyWrap.Wrap(Hex("key"), Hex("msg")));
                    Assert.Equal(Hex("msg"), KeyWrap.Unwrap(Hex("key"), Hex("ct")));
                    break;
                case "invalid":
                    Assert.Throws<CryptographicException>(() => KeyWrap.Unwrap(Hex("key"), Hex("ct")));
                    break;
                case "acceptable":
                    // Either answer is right, but not another message.
                    var failure = Record.Exception(() => Assert.Equal(Hex("msg"), KeyWrap.Unwrap(Hex("key"), Hex("ct"))));
                    Assert.True(failure is null or CryptographicException, "Unwrapped to another message.");
                    break;
                default:
                    Assert.Fail("An unknown result.");
                    break;
            }
        });
    }

    // RFC 5649, section 6.
    [Theory]
    [InlineData("c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void Rfc5649_ItsExamples_ComeOut(string key, string wrapped)
    {
        var wrappingKey = Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
        Assert.Equal(wrapped, Convert.ToHexStringLower(KeyWrap.Wrap(wrappingKey, Convert.FromHexString(key))));
        Assert.Equal(key, Convert.ToHexStringLower(KeyWrap.Unwrap(wrappingKey, Convert.FromHexString(wrapped))));
    }

    [Fact]
    public void Unwrap_AnyBitAlteredOrAnotherLength_IsRefused()
    {
        var wrappingKey = new byte[32];
        var wrapped = KeyWrap.Wrap(wrappingKey, new byte[32]);
        Assert.Equal(40, wrapped.Length);
        for (var bit = 0; bit < 8 * wrapped.Length; bit++)
        {
            wrapped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<CryptographicException>(() => KeyWrap.Unwrap(wrappingKey, wrapped));
            wrapped[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var length = 0; length < 60; length++)
        {
            if (length != wrapped.Length)
                Assert.Throws<CryptographicException>(() => KeyWrap.Unwrap(wrappingKey, wrapped.Concat(wrapped).Take(length).ToArray()));
        }
        Assert.Equal(new byte[32], KeyWrap.Unwrap(wrappingKey, wrapped));
    }

    [Fact]
    public void AnyUse_KeyOfAnImpossibleSize_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => KeyWrap.Wrap(new byte[31], new byte[32]));
        Assert.Throws<ArgumentException>(() => KeyWrap.Unwrap(new byte[8], new byte[40]));
        Assert.Throws<ArgumentException>(() => KeyWrap.Wrap(new byte[32], []));
    }
}
