using Lucid.Evidence.Keys;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Tests.Notes;

public sealed class NoteVerifierKeyTests
{
    private static readonly Ed25519PublicKey PublicKey = new Ed25519PrivateKey(new byte[32]).PublicKey;

    [Theory]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")] // a plus within the base 64
    public void ToString_AfterParse_IsTheSameText(string vkey) => Assert.Equal(vkey, NoteVerifierKey.Parse(vkey).ToString());

    [Fact]
    public void For_SameKeyUnderOtherTypeOrName_HasAnotherId()
    {
        var log = NoteVerifierKey.For("a", NoteKeyType.Ed25519, PublicKey);
        Assert.NotEqual(log.KeyId, NoteVerifierKey.For("a", NoteKeyType.Cosignature, PublicKey).KeyId);
        Assert.NotEqual(log.KeyId, NoteVerifierKey.For("b", NoteKeyType.Ed25519, PublicKey).KeyId);
        Assert.Equal(log, NoteVerifierKey.Parse(log.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com/foo")]
    [InlineData("example.com/foo+530d903a")]
    [InlineData("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==")]
    [InlineData("example.com/foo+530d903a+")]
    [InlineData("example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")]
    public void Parse_NotAKeyOfOurs_IsRefused(string vkey) => Assert.Throws<MalformedException>(() => NoteVerifierKey.Parse(vkey));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\nb")]
    [InlineData("a\u2003b")]
    public void For_NameThatCannotBeWritten_IsRefused(string name) =>
        Assert.Throws<ArgumentException>(() => NoteVerifierKey.For(name, NoteKeyType.Ed25519, PublicKey));
}
