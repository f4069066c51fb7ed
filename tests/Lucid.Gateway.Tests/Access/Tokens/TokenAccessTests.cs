using Lucid.Evidence;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Access.Tokens;

public sealed class TokenAccessTests
{
    [Fact]
    public async Task Token_Issued_SaysWhoCalls_AlsoTheSecondTime()
    {
        await using var world = await TokenWorld.StartAsync();
        var issued = world.TokenIssuer.Issue("somebody", Role.Admin, world.Session);
        Assert.Equal(TimeSpan.FromMinutes(15), issued.Expires - world.Now);
        Assert.DoesNotContain(issued.Token, issued.ToString(), StringComparison.Ordinal);
        var first = await world.AdmitAsync(issued.Token);
        Assert.Equal(new Caller("somebody", Role.Admin) { Login = world.Session }, first);
        Assert.Same(first, await world.AdmitAsync(issued.Token));
    }

    [Fact]
    public async Task Token_Expired_IsRefusedAsThat_AlsoWhereItIsRemembered()
    {
        await using var world = await TokenWorld.StartAsync();
        var token = world.Token();
        await world.AdmitAsync(token);
        world.Clock.Advance(TimeSpan.FromMinutes(16));
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.TokenExpired, token);
    }

    [Theory]
    [InlineData("a.b.c")]
    [InlineData("")]
    [InlineData("ä.b.c")]
    public async Task Token_ThatIsNone_IsInvalid(string token)
    {
        await using var world = await TokenWorld.StartAsync();
        await world.RefusedAsync(ErrorTable.TokenInvalid, token);
        await world.RefusedAsync(ErrorTable.TokenInvalid, $"{world.Token()}.{token}");
        await world.RefusedAsync(ErrorTable.TokenInvalid, new string('a', 5000));
    }

    [Fact]
    public async Task Token_OfARevokedSession_IsRefusedWithTheNextNews_AndOthersAreNot()
    {
        await using var world = await TokenWorld.StartAsync();
        var (token, other) = (world.Token(), world.Token(session: Guid.Empty));
        await world.AdmitAsync(token);
        await world.Issuer.RevokeAsync(Revocation.OfSession(world.Session, world.Now.AddMinutes(15)));
        await world.AdmitAsync(token);
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.LoginEnded, token);
        await world.RefusedAsync(ErrorTable.LoginEnded, world.Token());
        await world.AdmitAsync(other);
    }

    [Fact]
    public async Task Tokens_OfASubject_IssuedBeforeAMoment_AreRefused_AndLaterOnesAreNot()
    {
        await using var world = await TokenWorld.StartAsync();
        var token = world.Token();
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await world.Issuer.RevokeAsync(Revocation.OfSubject("somebody", world.Now, world.Now.AddMinutes(15)));
        var (later, other) = (world.Token(), world.Token("another"));
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.LoginEnded, token);
        await world.AdmitAsync(later);
        await world.AdmitAsync(other);
    }

    [Fact]
    public async Task Tokens_OlderThanWhatIsKeptOfRevocations_AreToBeRenewed()
    {
        await using var world = await TokenWorld.StartAsync();
        var token = world.Token();
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        world.Issuer.RenewBefore = world.Now;
        var later = world.Token();
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.TokenExpired, token);
        await world.AdmitAsync(later);
    }

    [Fact]
    public async Task Revocations_OfMoreThanOneAnswer_AreAllHeardAtOnce()
    {
        await using var world = await TokenWorld.StartAsync();
        world.Issuer.Page = 2;
        for (var i = 0; i < 5; i++)
            await world.Issuer.RevokeAsync(Revocation.OfSession(new Guid(i, 0, 0, new byte[8]), world.Now.AddMinutes(15)));
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.LoginEnded, world.Token(session: new Guid(4, 0, 0, new byte[8])));
    }

    [Fact]
    public async Task Revocations_OfAStoreThatWasSetBack_StayKnown_AndNewOnesAreHeard()
    {
        await using var world = await TokenWorld.StartAsync();
        await world.Issuer.RevokeAsync(Revocation.OfSession(Guid.Empty, world.Now.AddMinutes(15)));
        await world.Issuer.RevokeAsync(Revocation.OfSession(new Guid(9, 0, 0, new byte[8]), world.Now.AddMinutes(15)));
        await world.NextNewsAsync();
        world.Issuer.ForgetRevocations();
        await world.Issuer.RevokeAsync(Revocation.OfSession(world.Session, world.Now.AddMinutes(15)));
        await world.NextNewsAsync();
        await world.RefusedAsync(ErrorTable.LoginEnded, world.Token());
        await world.RefusedAsync(ErrorTable.LoginEnded, world.Token(session: Guid.Empty));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task News_NotHeardForASecond_NothingIsBelieved_UntilThereAreSome(bool hangs)
    {
        await using var world = await TokenWorld.StartAsync();
        var (known, fresh) = (world.Token(), world.Token());
        await world.AdmitAsync(known);
        (world.Issuer.Hangs, world.Issuer.Failure) = (hangs, new GrainUnreachableException("issuer/lucid", "its silo died"));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Clock.WaitedForAsync(hangs ? world.Options.Tokens.NewsWithin : world.Options.Tokens.NewsEvery);
        await world.AdmitAsync(known);
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await world.RefusedAsync(ErrorTable.PartAway, known);
        await world.RefusedAsync(ErrorTable.PartAway, fresh);
        await world.RefusedAsync(ErrorTable.PartAway, "a.b.c");
        (world.Issuer.Hangs, world.Issuer.Failure) = (false, null);
        if (hangs)
        {
            world.Clock.Advance(world.Options.Tokens.NewsWithin);
            await world.Clock.WaitedForAsync(world.Options.Tokens.NewsEvery);
        }
        await world.NextNewsAsync();
        await world.AdmitAsync(known);
        await world.AdmitAsync(fresh);
    }

    [Fact]
    public async Task News_Silent_IsLoggedOnce_AndWhenItIsOver()
    {
        await using var world = await TokenWorld.StartAsync();
        world.Issuer.Failure = new GrainUnreachableException("issuer/lucid", "its silo died");
        for (var i = 0; i < 10; i++)
            await world.NextNewsAsync();
        world.Issuer.Failure = null;
        await world.NextNewsAsync();
        Assert.Single(world.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("none is believed", StringComparison.Ordinal));
        Assert.Single(world.Log.Lines, line => line.StartsWith("Information", StringComparison.Ordinal) && line.Contains("answers again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_BeforeItsFirstAnswer_BelievesNothing()
    {
        await using var world = new TokenWorld();
        await world.StartIssuerAsync();
        await world.RefusedAsync(ErrorTable.PartAway, world.Token());
    }

    [Fact]
    public async Task Key_PublishedSinceTheLastNews_IsAskedForOnce_AndOnceASecondForOnesThatNobodyKnows()
    {
        await using var world = await TokenWorld.StartAsync();
        using var other = TokenSigner.Generate();
        var claims = world.TokenIssuer.Issue("somebody", Role.User, world.Session).Claims;
        var token = other.Sign(claims);
        var before = world.Issuer.KeysAsked;
        await world.RefusedAsync(ErrorTable.TokenInvalid, token);
        await world.RefusedAsync(ErrorTable.TokenInvalid, token);
        Assert.Equal(before + 1, world.Issuer.KeysAsked);
        await world.Issuer.PublishAsync(new PublishedKey(other.PublicKey.KeyId, other.PublicKey.X, other.PublicKey.Y, "gateway-2", world.Now.AddDays(1)));
        await world.RefusedAsync(ErrorTable.TokenInvalid, token);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.AdmitAsync(token);
        Assert.InRange(world.Issuer.KeysAsked, before + 1, before + 3);
    }

    [Fact]
    public async Task Key_ThatIsNone_IsLeftOut_AndTheOthersCount()
    {
        await using var world = await TokenWorld.StartAsync();
        await world.Issuer.PublishAsync(new PublishedKey("x", "y", "z", "gateway-2", world.Now.AddDays(1)));
        var swapped = world.Keys.All[0].Signer.PublicKey;
        await world.Issuer.PublishAsync(new PublishedKey(KeyThumbprint.Of(swapped.Y, swapped.X), swapped.Y, swapped.X, "gateway-3", world.Now.AddDays(1)));
        await world.NextNewsAsync();
        Assert.Single(world.Watch.Keys.All);
        await world.AdmitAsync(world.Token());
        Assert.Equal(2, world.Log.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("names a key", StringComparison.Ordinal)));
    }

    [Fact]
    public void Cache_HoldsNoMoreThanItMay_AndKeepsWhatIsAskedFor()
    {
        var cache = new TokenCache(100);
        var token = new AdmittedToken(null!, Caller.Local);
        var kept = Hash256.Of("kept"u8);
        cache.Add(kept, token);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Add(Hash256.Of(BitConverter.GetBytes(i)), token);
            Assert.NotNull(cache.Find(kept));
            Assert.True(cache.Count <= 100);
        }
        Assert.Null(cache.Find(Hash256.Of(BitConverter.GetBytes(0))));
        Assert.NotNull(cache.Find(Hash256.Of(BitConverter.GetBytes(9_999))));
    }

    [Fact]
    public void Revocations_ThatAreOver_AreForgotten()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        var list = new RevocationList();
        list.Add(Revocation.OfSession(Guid.Empty, now.AddMinutes(1)));
        list.Add(Revocation.OfSubject("somebody", now, now.AddMinutes(1)));
        list.Add(Revocation.OfSubject("somebody", now.AddSeconds(-1), now.AddMinutes(10)));
        list.DropOver(now.AddMinutes(2));
        Assert.Equal(2, list.Count);
        list.DropOver(now.AddMinutes(3));
        Assert.Equal(1, list.Count);
        list.DropOver(now.AddMinutes(12));
        Assert.Equal(0, list.Count);
    }

    [Fact]
    public void Options_ThatCannotWork_AreNamed()
    {
        var mistakes = new TokenOptions { Life = TimeSpan.FromMinutes(16), NewsEvery = TimeSpan.FromSeconds(1), CacheSize = 1 }.FindMistakes().ToList();
        Assert.Equal(["Tokens.Life", "Tokens.CacheSize", "Tokens.NewsWithin"], mistakes.Select(mistake => mistake.Split(' ')[0]));
        Assert.Empty(new TokenOptions().FindMistakes());
    }
}
