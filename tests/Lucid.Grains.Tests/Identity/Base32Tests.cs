using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class Base32Tests
{
    // RFC 4648, section 10, without the padding.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Encode_TheExamplesOfRfc4648_ComeOutBothWays(string text, string encoded)
    {
        Assert.Equal(encoded, Base32.Encode(Encoding.ASCII.GetBytes(text)));
        Assert.True(Base32.TryDecode(encoded, out var bytes));
        Assert.Equal(text, Encoding.ASCII.GetString(bytes));
    }

    [Fact]
    public void TryDecode_OfEncode_IsTheSame() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        Assert.True(Base32.TryDecode(Base32.Encode(bytes), out var again));
        Assert.Equal(bytes ?? [], again);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryDecode_AnyText_IsRefusedOrTheOneTextOfItsBytes()
    {
        var near = Gen.Elements("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567A1=a ".ToCharArray()).ListOf().Select(characters => new string([.. characters]));
        Prop.ForAll(Gen.OneOf(ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""), near).ToArbitrary(), text =>
        {
            if (Base32.TryDecode(text, out var bytes))
                Assert.Equal(text, Base32.Encode(bytes));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Theory]
    [InlineData("M")]
    [InlineData("MZ")]
    [InlineData("MZX")]
    [InlineData("MZXW6Y")]
    [InlineData("my")]
    [InlineData("MY======")]
    [InlineData("M1")]
    public void TryDecode_Malformed_IsRefused(string text) => Assert.False(Base32.TryDecode(text, out _));
}
