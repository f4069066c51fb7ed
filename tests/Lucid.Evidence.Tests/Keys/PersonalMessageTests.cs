using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Tests.Keys;

public sealed class PersonalMessageTests
{
    // What every Ethereum library's documentation shows for this message.
    [Fact]
    public void Digest_HelloWorldOnEthereum_IsTheKnownOne() =>
        Assert.Equal("d9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68",
            Convert.ToHexStringLower(PersonalMessage.Digest("Ethereum", "hello world"u8)));

    [Fact]
    public void Digest_TheLength_IsInBytesAndDecimal()
    {
        var message = Encoding.UTF8.GetBytes("ünïcødé");
        Assert.Equal(
            Keccak256.HashData([0x19, .. "Net Signed Message:\n11"u8, .. message]),
            PersonalMessage.Digest("Net", message));
        Assert.Equal(11, message.Length);
    }

    [Fact]
    public void Digest_OfAnotherNetworkOrMessage_IsAnother()
    {
        var digests = new[]
        {
            PersonalMessage.Digest("A", "1"u8), PersonalMessage.Digest("B", "1"u8), PersonalMessage.Digest("A", "11"u8),
            PersonalMessage.Digest("A", ""u8), PersonalMessage.DigestOfVersion1("A", "1"u8),
        };
        Assert.Equal(digests.Length, digests.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void Version1_MessageThatBeginsWithADigit_CanBeShownAsAnother()
    {
        var other = new string('x', 325);
        Assert.Equal(
            PersonalMessage.Digest("Net", Encoding.ASCII.GetBytes(other)),
            PersonalMessage.DigestOfVersion1("Net", Encoding.ASCII.GetBytes("5" + other)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("Ünet")]
    [InlineData("a name of more than 32 characters")]
    public void Digest_NameThatNoNetworkHas_IsTheCallersMistake(string network) =>
        Assert.Throws<ArgumentException>(() => PersonalMessage.Digest(network, ""u8));
}
