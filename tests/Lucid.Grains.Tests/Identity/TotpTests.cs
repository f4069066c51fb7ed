using System.Text;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class TotpTests
{
    // The secret of RFC 4226, appendix D, and RFC 6238, appendix B.
    private static readonly byte[] _secret = Encoding.ASCII.GetBytes("12345678901234567890");
    private static readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_111_111_109);

    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1_111_111_109, "07081804")]
    [InlineData(1_111_111_111, "14050471")]
    [InlineData(1_234_567_890, "89005924")]
    [InlineData(2_000_000_000, "69279037")]
    [InlineData(20_000_000_000, "65353130")]
    public void CodeAt_TheTimesOfRfc6238_GivesItsCodes(long seconds, string code)
    {
        var step = Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds));
        Assert.Equal(code, Totp.CodeAt(_secret, step, 8));
        Assert.Equal(code[2..], Totp.CodeAt(_secret, step));
    }

    [Fact]
    public void CodeAt_TheCountersOfRfc4226_GivesItsCodes() => Assert.Equal(
        ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"],
        Enumerable.Range(0, 10).Select(counter => Totp.CodeAt(_secret, counter)));

    [Fact]
    public void FindStep_OneStepEitherSide_IsAcceptedAndTwoAreNot()
    {
        var current = Totp.StepAt(_now);
        for (var off = -3; off <= 3; off++)
            Assert.Equal(Math.Abs(off) <= 1 ? current + off : null, Totp.FindStep(_secret, Totp.CodeAt(_secret, current + off), _now, null));
    }

    [Fact]
    public void FindStep_UsedBefore_IsRefusedAndSoAreEarlierOnes()
    {
        var current = Totp.StepAt(_now);
        var code = Totp.CodeAt(_secret, current);
        var used = Totp.FindStep(_secret, code, _now, current - 1);
        Assert.Equal(current, used);
        Assert.Null(Totp.FindStep(_secret, code, _now, used));
        Assert.Null(Totp.FindStep(_secret, code, _now.AddSeconds(30), used));
        Assert.Null(Totp.FindStep(_secret, Totp.CodeAt(_secret, current - 1), _now, used));
        Assert.Equal(current + 1, Totp.FindStep(_secret, Totp.CodeAt(_secret, current + 1), _now, used));
    }

    [Fact]
    public void FindStep_AtTheEdgesOfAStep_ChangesThere()
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(1_111_111_110);
        var step = Totp.StepAt(start);
        var code = Totp.CodeAt(_secret, step);
        Assert.Null(Totp.FindStep(_secret, code, start.AddSeconds(-30).AddTicks(-1), null));
        Assert.Equal(step, Totp.FindStep(_secret, code, start.AddSeconds(-30), null));
        Assert.Equal(step, Totp.FindStep(_secret, code, start.AddSeconds(60).AddTicks(-1), null));
        Assert.Null(Totp.FindStep(_secret, code, start.AddSeconds(60), null));
    }

    [Fact]
    public void FindStep_AsAppsShowIt_IsAccepted()
    {
        var code = Totp.CodeAt(_secret, Totp.StepAt(_now));
        Assert.NotNull(Totp.FindStep(_secret, $" {code[..3]} {code[3..]}\n", _now, null));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("81804")]
    [InlineData("0081804")]
    [InlineData("-081804")]
    [InlineData("٠٨١٨٠٤")]
    [InlineData("081804                                  ")]
    public void FindStep_NotSixDigits_IsRefused(string? code)
    {
        Assert.Equal("081804", Totp.CodeAt(_secret, Totp.StepAt(_now)));
        Assert.Null(Totp.FindStep(_secret, code, _now, null));
    }

    [Fact]
    public void FindStep_WithAnotherSecret_IsRefused() =>
        Assert.Null(Totp.FindStep(new byte[Totp.SecretSize], "081804", DateTimeOffset.FromUnixTimeSeconds(1), Totp.StepAt(_now)));

    [Fact]
    public void UriOf_IsWhatAppsRead()
    {
        Assert.Equal(
            "otpauth://totp/node.example:anna%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=node.example&algorithm=SHA1&digits=6&period=30",
            Totp.UriOf("node.example", "anna@example.org", _secret));
        Assert.Contains("/a%20b%26c:d%3Fe?", Totp.UriOf("a b&c", "d?e", _secret), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Totp.UriOf("node.example:8443", "anna", _secret));
        Assert.Throws<ArgumentException>(() => Totp.UriOf("node.example", "local:anna", _secret));
        Assert.Throws<ArgumentException>(() => Totp.UriOf("", "anna", _secret));
    }
}
