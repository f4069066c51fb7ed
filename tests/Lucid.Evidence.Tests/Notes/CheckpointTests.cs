using System.Text;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Tests.Notes;

public sealed class CheckpointTests
{
    private const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    [Theory]
    [InlineData("example.com/behind-the-sofa\n20852163\n" + Root + "\n")]
    [InlineData("a\n0\n" + Root + "\n")]
    [InlineData("spaces + plus\n18446744073709551615\n" + Root + "\none\ntwo\n")]
    public void ToText_AfterParse_IsTheSameBytes(string text)
    {
        var checkpoint = Checkpoint.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, Encoding.UTF8.GetString(checkpoint.ToText()));
        Assert.Equal(checkpoint, new Checkpoint(checkpoint.Origin, checkpoint.Size, checkpoint.Root, checkpoint.Extensions));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n1\n" + Root + "\n")]
    [InlineData("a\n01\n" + Root + "\n")]
    [InlineData("a\n+1\n" + Root + "\n")]
    [InlineData("a\n-1\n" + Root + "\n")]
    [InlineData("a\n 1\n" + Root + "\n")]
    [InlineData("a\n\n" + Root + "\n")]
    [InlineData("a\n18446744073709551616\n" + Root + "\n")]
    [InlineData("a\n1\n" + Root)]
    [InlineData("a\n1\n")]
    [InlineData("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n")]
    [InlineData("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n")]
    [InlineData("a\n1\n" + Root + "\n\n")]
    [InlineData("a\n1\n" + Root + "\none\n\ntwo\n")]
    [InlineData("a\n1\n" + Root + "\none")]
    [InlineData("a\r\n1\n" + Root + "\n")]
    public void Parse_NotACheckpoint_IsRefused(string text) =>
        Assert.Throws<MalformedException>(() => Checkpoint.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("", "")]
    [InlineData("a\nb", "")]
    [InlineData("a", "no end")]
    [InlineData("a", "\n")]
    [InlineData("a", "one\n\n")]
    public void New_ThatCouldNotBeReadAgain_IsRefused(string origin, string extensions) =>
        Assert.Throws<ArgumentException>(() => new Checkpoint(origin, 1, Hash256.Zero, extensions));
}
