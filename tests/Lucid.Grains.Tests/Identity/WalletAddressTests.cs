using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class WalletAddressTests
{
    private const string Known = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";

    private static string TextOf(byte version, byte fill) => Base58Check.Encode([version, .. Enumerable.Repeat(fill, 20)]);

    [Fact]
    public void Parse_AnyAddress_IsItsOneText() => Prop.ForAll(ArbMap.Default.GeneratorFor<byte>().ArrayOf(20).ToArbitrary(), id =>
    {
        var text = Base58Check.Encode([0x41, .. id]);
        Assert.Equal(WalletAddress.Length, text.Length);
        Assert.Equal('T', text[0]);
        var address = WalletAddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Assert.Equal(address, JsonSerializer.Deserialize<WalletAddress>(JsonSerializer.Serialize(address)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void TryParse_AnyText_IsRefusedOrItsOwnAddress()
    {
        var near = from place in Gen.Choose(0, Known.Length - 1)
                   from character in ArbMap.Default.GeneratorFor<char>()
                   from keep in Gen.Choose(0, 1)
                   select Known[..place] + character + Known[(place + keep)..];
        Prop.ForAll(Gen.OneOf(ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""), near).ToArbitrary(), text =>
        {
            if (WalletAddress.TryParse(text, out var address))
                Assert.Equal(text, address.ToString());
            else
                Assert.Throws<FormatException>(() => WalletAddress.Parse(text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    // Versions 0x40 and 0x42 have addresses of 34 characters that begin with T as well, and their checksums are right.
    [Fact]
    public void Parse_AnotherNetworksAddress_IsRefused()
    {
        var others = new[] { TextOf(0x42, 1), TextOf(0x40, 0xff), TextOf(0x00, 1) };
        Assert.Equal('T', others[0][0]);
        Assert.Equal('T', others[1][0]);
        Assert.All(others, text => Assert.False(WalletAddress.TryParse(text, out _)));
        Assert.Contains("another network", Assert.Throws<FormatException>(() => WalletAddress.Parse(others[0])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "0 characters")]
    [InlineData("", "0 characters")]
    [InlineData(" " + Known, "35 characters")]
    [InlineData(Known + "\n", "35 characters")]
    [InlineData("AAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", "begins with 'A'")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZU0", "character 34")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUb", "checksum")]
    [InlineData("410786e095428e0ce2f995d702ff9b14ff3a633e15", "42 characters")]
    public void Parse_Malformed_NamesValueReasonAndCure(string? text, string reason)
    {
        var message = Assert.Throws<FormatException>(() => WalletAddress.Parse(text)).Message;
        Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("copy it", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ALongText_IsNotRepeatedWhole() =>
        Assert.True(Assert.Throws<FormatException>(() => WalletAddress.Parse(new string('T', 100_000))).Message.Length < 300);

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    public void Json_Malformed_IsAJsonError(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<WalletAddress>(json));

    [Fact]
    public void Equality_IsByAddress()
    {
        var (one, other) = (WalletAddress.Parse(Known), WalletAddress.Parse(TextOf(0x41, 1)));
        Assert.True(one == WalletAddress.Parse(Known));
        Assert.True(one != other);
        Assert.Equal(one.GetHashCode(), WalletAddress.Parse(Known).GetHashCode());
        Assert.Equal(TextOf(0x41, 0), default(WalletAddress).ToString());
    }
}
