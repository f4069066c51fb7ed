using System.Buffers.Text;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Gateway.Auth;

namespace Lucid.Gateway.Tests.Auth;

public sealed class OpaqueTokenTests
{
    private static readonly Guid _id = Guid.Parse("0190b7a4-0000-7000-8000-000000000001");

    [Theory]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")]
    [InlineData("mail:ada@example.org")]
    public void Parse_OfWhatWasMade_IsTheSame(string user)
    {
        var (token, text) = OpaqueToken.Make(OpaqueToken.Refresh, user, _id);
        Assert.Equal(token, OpaqueToken.Parse(OpaqueToken.Refresh, text));
        Assert.Null(OpaqueToken.Parse(OpaqueToken.Program, text));
        Assert.DoesNotContain(text.Split('.')[2], token.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Some of them are no keys of grains; the others would be grains that somebody made up.</summary>
    [Theory]
    [InlineData("T")]
    [InlineData("local")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUb")]
    [InlineData("mail:Ada@example.org")]
    [InlineData("mail:ada@example.org\n")]
    [InlineData("mail:ädä@example.org")]
    [InlineData("\u0000")]
    public void Parse_OfAUserThatNobodyCanBe_IsNone(string user) =>
        Assert.Null(OpaqueToken.Parse(OpaqueToken.Program, $"lpt_{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(user))}.{_id:N}.{new string('A', 43)}"));

    [Fact]
    public void Make_Twice_HasTwoSecrets() =>
        Assert.NotEqual(OpaqueToken.Make(OpaqueToken.Refresh, "mail:a@b", _id).Token.Secret, OpaqueToken.Make(OpaqueToken.Refresh, "mail:a@b", _id).Token.Secret);

    [Fact]
    public void MakeNext_IsOfTheSameFamily_WithAnotherSecret_AndNoOtherLoginIs()
    {
        var (first, text) = OpaqueToken.Make(OpaqueToken.Refresh, "mail:a@b", _id);
        var (second, next) = OpaqueToken.MakeNext(first, text);
        Assert.Equal(second, OpaqueToken.Parse(OpaqueToken.Refresh, next));
        Assert.Equal((first.User, first.Id, first.Family), (second.User, second.Id, second.Family));
        Assert.NotEqual(first.Secret, second.Secret);
        Assert.NotEqual(first.Family, OpaqueToken.Make(OpaqueToken.Refresh, "mail:a@b", _id).Token.Family);
        Assert.Null(OpaqueToken.Make(OpaqueToken.Program, "mail:a@b", _id).Token.Family);
    }

    /// <summary>Whatever one character becomes, it is another token or none: no two texts are one token.</summary>
    [Fact]
    public void Parse_OfAnAlteredText_IsNeverTheSameToken()
    {
        var (token, text) = OpaqueToken.Make(OpaqueToken.Refresh, "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", _id);
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var other in "aA0_-.= \0é")
            {
                var altered = $"{text[..i]}{other}{text[(i + 1)..]}";
                Assert.True(altered == text || OpaqueToken.Parse(OpaqueToken.Refresh, altered) != token, altered);
            }
            Assert.Null(OpaqueToken.Parse(OpaqueToken.Refresh, text[..i]));
        }
        foreach (var around in (string[])[text + " ", " " + text, text + ".", text.ToUpperInvariant(), text.Replace("lrt_", "LRT_", StringComparison.Ordinal)])
            Assert.Null(OpaqueToken.Parse(OpaqueToken.Refresh, around));
    }

    [Fact]
    public void Parse_OfAnything_ThrowsNothing() =>
        Prop.ForAll<string>(text =>
        {
            OpaqueToken.Parse(OpaqueToken.Refresh, text ?? "");
            OpaqueToken.Parse(OpaqueToken.Refresh, $"lrt_{text}");
            OpaqueToken.Parse(OpaqueToken.Refresh, $"lrt_{text}.{_id:N}.{new string('A', 43)}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(1, 1));

    [Fact]
    public void Parse_OfSomethingHuge_IsNone() => Assert.Null(OpaqueToken.Parse(OpaqueToken.Refresh, "lrt_" + new string('A', 10_000_000)));
}
