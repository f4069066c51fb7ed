using System.Globalization;
using Lucid.Cli.Commands;

namespace Lucid.Cli.Tests.Commands;

public sealed class TypedTests
{
    [Theory]
    [InlineData("30m", "2020-01-01T00:30:00Z")]
    [InlineData("12h", "2020-01-01T12:00:00Z")]
    [InlineData("7d", "2020-01-08T00:00:00Z")]
    [InlineData("2030-01-31", "2030-01-31T00:00:00Z")]
    [InlineData("2030-01-31T18:00", "2030-01-31T18:00:00Z")]
    [InlineData("2030-01-31T18:00Z", "2030-01-31T18:00:00Z")]
    [InlineData("2030-01-31T18:00:30+02:00", "2030-01-31T16:00:30Z")]
    public void Moment_IsADayATimeOrATimeFromNowOn(string text, string moment) =>
        Assert.Equal(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture), Typed.ParseMoment("--until", text, new ManualClock()));

    [Theory]
    [InlineData(null, null)]
    [InlineData("2019-12-31", "2019-12-31T00:00:00Z")]
    [InlineData("2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.5Z")]
    public void Instant_IsADayOrATime(string? text, string? instant) =>
        Assert.Equal(instant is null ? null : DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture), Typed.ParseInstant("--from", text));

    [Fact]
    public void Instant_OfAnythingElse_IsRefused() => Assert.Equal(
        "--from 'yesterday' is no time; write a day or a time such as 2026-01-31 or 2026-01-31T12:00:00Z.",
        Assert.Throws<CliException>(() => Typed.ParseInstant("--from", "yesterday")).Message);

    [Theory]
    [InlineData("", "is no time")]
    [InlineData("soon", "is no time")]
    [InlineData("d", "is no time")]
    [InlineData("-1d", "is no time")]
    [InlineData("1.5d", "is no time")]
    [InlineData("99999999d", "is no time")]
    [InlineData("31/01/2030", "is no time")]
    [InlineData("2030-02-30", "is no time")]
    [InlineData("0d", "is over")]
    [InlineData("2019-12-31", "is over")]
    public void Moment_OfAnythingElse_IsRefused(string text, string said) =>
        Assert.Contains(said, Assert.Throws<CliException>(() => Typed.ParseMoment("--until", text, new ManualClock())).Message, StringComparison.Ordinal);
}
