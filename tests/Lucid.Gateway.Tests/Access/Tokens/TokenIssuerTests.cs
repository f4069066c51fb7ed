using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Access.Tokens;

public sealed class TokenIssuerTests
{
    private static readonly TokenOptions _options = new();
    private static readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch.AddYears(50);

    [Fact]
    public async Task Key_First_IsMadeAndPublishedBeforeItSigns()
    {
        await using var world = new TokenWorld();
        world.Issuer.Failure = new EngineStoppedException();
        await world.TokenIssuer.StartAsync(CancellationToken.None);
        await world.Clock.WaitedForAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorTable.PartAway, Assert.Throws<ApiException>(() => world.Token()).Kind);
        world.Issuer.Failure = null;
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Clock.WaitedForAsync(TimeSpan.FromMinutes(1));
        var key = Assert.Single(world.Keys.All);
        var published = Assert.Single(world.Issuer.Published);
        Assert.Equal((key.Signer.PublicKey.KeyId, GatewayHost.NodeId), (published.KeyId, published.Gateway));
        Assert.Equal(key.SignsFrom + TimeSpan.FromDays(30) + TimeSpan.FromMinutes(16), published.NotAfter);
        Assert.NotEmpty(world.Token());
    }

    [Fact]
    public async Task Key_ThatTheDiskRefuses_IsSaid_AndTriedAgain()
    {
        await using var world = new TokenWorld();
        world.Keys.Failure = new IOException("the disk is full");
        await world.TokenIssuer.StartAsync(CancellationToken.None);
        await world.Clock.WaitedForAsync(TimeSpan.FromSeconds(1));
        Assert.Contains(world.Log.Lines, line => line.Contains("the disk is full", StringComparison.Ordinal));
        world.Keys.Failure = null;
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Clock.WaitedForAsync(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(world.Token());
    }

    [Fact]
    public async Task Key_Rotates_WithoutARefusedToken_AndTheOldOneGoesLast()
    {
        await using var world = await TokenWorld.StartAsync();
        var first = world.Keys.All[0];
        await PassAsync(world, first.SignsFrom + TimeSpan.FromDays(30) - KeySchedule.Lead - TimeSpan.FromMinutes(1));
        Assert.Single(world.Keys.All);
        await PassAsync(world, world.Now + TimeSpan.FromMinutes(1));
        var second = world.Keys.All[1];
        Assert.Equal(2, world.Issuer.Published.Count);
        var last = world.Token();
        Assert.Contains(first.Signer.PublicKey.KeyId, HeaderOf(last), StringComparison.Ordinal);
        await world.AdmitAsync(last);
        await PassAsync(world, second.SignsFrom);
        var next = world.Token();
        Assert.Contains(second.Signer.PublicKey.KeyId, HeaderOf(next), StringComparison.Ordinal);
        await world.AdmitAsync(next);
        await PassAsync(world, second.SignsFrom + TimeSpan.FromMinutes(15));
        Assert.Equal(2, world.Keys.All.Length);
        await PassAsync(world, second.SignsFrom + TimeSpan.FromMinutes(16));
        Assert.Equal([second], world.Keys.All);
    }

    [Fact]
    public async Task Key_ThatTheIssuerHasLost_IsPublishedAgain()
    {
        await using var world = await TokenWorld.StartAsync();
        var other = new TokenWorld();
        await using var _ = other;
        // The same process over a store that was lost: its issuer knows no key.
        other.Keys.Add(other.Now);
        await other.StartWatchAsync();
        await other.StartIssuerAsync();
        Assert.Single(other.Issuer.Published);
        await other.NextNewsAsync();
        Assert.True(other.Watch.Knows(other.Issuer.Published.Single()));
    }

    [Fact]
    public void Schedule_WithoutAKeyThatSigns_MakesOneAtOnce()
    {
        Assert.Equal(_start, KeySchedule.NextFrom([], _start, _options));
        using var signer = TokenSigner.Generate();
        var old = new TokenKey(_start - TimeSpan.FromDays(30), signer);
        Assert.Null(KeySchedule.Signing([old], _start, _options));
        Assert.Equal(_start, KeySchedule.NextFrom([old], _start, _options));
        // As after a clock that was far ahead.
        var ahead = new TokenKey(_start + TimeSpan.FromDays(1), signer);
        Assert.Null(KeySchedule.Signing([ahead], _start, _options));
        Assert.Equal(_start, KeySchedule.NextFrom([ahead], _start, _options));
    }

    [Fact]
    public void Schedule_WithASuccessor_MakesNoOther_AndTheLatestThatMaySigns()
    {
        using var signer = TokenSigner.Generate();
        var (first, second) = (new TokenKey(_start - TimeSpan.FromDays(30), signer), new TokenKey(_start + TimeSpan.FromMinutes(5), signer));
        Assert.Same(first, KeySchedule.Signing([first, second], _start, _options));
        Assert.Null(KeySchedule.NextFrom([first, second], _start, _options));
        Assert.Same(second, KeySchedule.Signing([first, second], second.SignsFrom, _options));
        Assert.Equal(second.SignsFrom + _options.Life + Revocation.ClockSkew + Revocation.ClockSkew, KeySchedule.NotAfter([first, second], 0, _options));
    }

    [Fact]
    public void Lead_IsLongerThanAnybodyMayKeepACopy() => Assert.True(KeySchedule.Lead > JwksApi.MaxAge + TimeSpan.FromMinutes(1));

    /// <summary>To that moment at once, and then until keys were looked at and the news of it has come.</summary>
    private static async Task PassAsync(TokenWorld world, DateTimeOffset until)
    {
        world.Clock.Advance(until - world.Now);
        await world.Clock.WaitedForAsync(TimeSpan.FromMinutes(1));
        await world.Clock.WaitedForAsync(world.Options.Tokens.NewsEvery);
        await world.NextNewsAsync();
    }

    private static string HeaderOf(string token) => System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[0]));
}
