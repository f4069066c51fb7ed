using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class MailAddressTests
{
    [Theory]
    [InlineData("ada@example.org", "ada@example.org")]
    [InlineData("Ada.Lovelace+lucid@Example.ORG", "ada.lovelace+lucid@example.org")]
    [InlineData("a@b", "a@b")]
    [InlineData("o'hara_x@mail-1.example.org", "o'hara_x@mail-1.example.org")]
    public void Address_AsPeopleHaveThem_IsReadInLowerCase(string text, string read)
    {
        Assert.Equal(read, MailAddress.Parse(text).ToString());
        Assert.Equal(read, MailAddress.OfUser($"mail:{read}")!.ToString());
        Assert.Equal($"mail:{read}", MailAddress.Parse(text).UserId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.org")]
    [InlineData("ada@")]
    [InlineData("ada@@example.org")]
    [InlineData("ada@bob@example.org")]
    [InlineData(".ada@example.org")]
    [InlineData("ada.@example.org")]
    [InlineData("a..da@example.org")]
    [InlineData("ada lovelace@example.org")]
    [InlineData("ada\r\nBcc: eve@example.org")]
    [InlineData("ada@example.org\r\nBcc: eve@example.org")]
    [InlineData("\"ada\"@example.org")]
    [InlineData("ada:x@example.org")]
    [InlineData("ada/x@example.org")]
    [InlineData("<ada@example.org>")]
    [InlineData("ada@example..org")]
    [InlineData("ada@-example.org")]
    [InlineData("ada@example-.org")]
    [InlineData("ada@[127.0.0.1]")]
    [InlineData("adä@example.org")]
    [InlineData("ada@exämple.org")]
    // The Kelvin sign, whose lower case is k.
    [InlineData("\u212Aada@example.org")]
    public void Text_ThatIsNone_IsRefused(string text)
    {
        var refused = Assert.Throws<FormatException>(() => MailAddress.Parse(text));
        Assert.DoesNotContain(refused.Message, char.IsControl);
        Assert.Null(MailAddress.OfUser($"mail:{text}"));
    }

    [Fact]
    public void Address_TooLong_IsRefused()
    {
        Assert.Throws<FormatException>(() => MailAddress.Parse(new string('a', 65) + "@example.org"));
        Assert.Throws<FormatException>(() => MailAddress.Parse("a@" + string.Join('.', Enumerable.Repeat(new string('b', 60), 5))));
        Assert.Throws<FormatException>(() => MailAddress.Parse("a@" + new string('b', 64)));
    }

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("mail:Ada@example.org")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")]
    public void UserId_ThatIsNoMailboxs_HasNoAddress(string id) => Assert.Null(MailAddress.OfUser(id));
}
