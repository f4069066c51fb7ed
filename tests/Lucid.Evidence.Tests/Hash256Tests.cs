namespace Lucid.Evidence.Tests;

public sealed class Hash256Tests
{
    [Fact]
    public void Parse_ItsOwnText_IsTheSameHash()
    {
        var hash = Hash256.Of("lucid"u8);
        Assert.Equal(hash, Hash256.Parse(hash.ToString()));
        Assert.Equal(64, hash.ToString().Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85")]
    [InlineData("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void Parse_AnythingButLowerHex_IsRefused(string text) => Assert.Throws<FormatException>(() => Hash256.Parse(text));
}
