using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Identity;

public sealed class IssuerGrainTests
{
    private readonly Simulation _simulation = new(1);
    private readonly MemoryGrainStore _store = new();
    private EmbeddedEngine? _engine;

    private DateTimeOffset Now => _simulation.Clock.GetUtcNow();
    private IIssuerGrain Issuer => _engine!.Get<IIssuerGrain>(IIssuerGrain.Key);
    private DateTimeOffset InAQuarter => Now + TimeSpan.FromMinutes(15);

    [Fact]
    public void Key_Published_IsKnownUntilItsEnd_AlsoAfterARestart() => Run(async () =>
    {
        var key = KeyOf("one", "gateway-1", Now + TimeSpan.FromDays(30));
        var before = (await Issuer.NewsAsync(0)).KeysVersion;
        await Issuer.PublishAsync(key);
        await Issuer.PublishAsync(key);
        await RestartAsync();
        var known = await Issuer.KeysAsync();
        Assert.Equal([key], known.Keys);
        Assert.NotEqual(before, known.Version);
        Assert.Equal(known.Version, (await Issuer.NewsAsync(0)).KeysVersion);
        await DelayAsync(TimeSpan.FromDays(30));
        Assert.Empty((await Issuer.KeysAsync()).Keys);
    });

    [Fact]
    public void Key_WhoseEndMoves_IsThereOnce_AndTheVersionIsAnother() => Run(async () =>
    {
        await Issuer.PublishAsync(KeyOf("one", "gateway-1", InAQuarter));
        var before = (await Issuer.KeysAsync()).Version;
        var later = KeyOf("one", "gateway-1", Now + TimeSpan.FromDays(30));
        await Issuer.PublishAsync(later);
        var known = await Issuer.KeysAsync();
        Assert.Equal([later], known.Keys);
        Assert.NotEqual(before, known.Version);
    });

    [Fact]
    public void Key_OneTooManyOfAGateway_TakesThePlaceOfTheFirstToEnd() => Run(async () =>
    {
        for (var i = 0; i <= IIssuerGrain.MaxKeysOfOne; i++)
            await Issuer.PublishAsync(KeyOf($"key {i}", "gateway-1", Now + TimeSpan.FromDays(1 + i)));
        var known = (await Issuer.KeysAsync()).Keys;
        Assert.Equal(IIssuerGrain.MaxKeysOfOne, known.Length);
        Assert.DoesNotContain(KeyOf("key 0", "gateway-1", known[0].NotAfter).KeyId, known.Select(key => key.KeyId));
    });

    [Fact]
    public void Key_BeyondWhatThereIsRoomFor_IsRefusedUntilOneEnds_AndTheStateFits() => Run(async () =>
    {
        for (var i = 0; i < IIssuerGrain.MaxKeys; i++)
            await Issuer.PublishAsync(KeyOf($"key {i}", $"{i:D3}{new string('g', 125)}", Now + TimeSpan.FromDays(2)));
        await Assert.ThrowsAsync<TooManyKeysException>(() => Issuer.PublishAsync(KeyOf("more", "another", Now + TimeSpan.FromDays(1))));
        await DelayAsync(TimeSpan.FromDays(2));
        await Issuer.PublishAsync(KeyOf("more", "another", Now + TimeSpan.FromDays(1)));
    });

    [Fact]
    public void Key_NotAsItShouldBe_IsRefused() => Run(async () =>
    {
        var good = KeyOf("one", "gateway-1", InAQuarter);
        foreach (var bad in new[]
        {
            good with { KeyId = KeyOf("two", "", Now).KeyId }, good with { X = good.X[1..] }, good with { Y = good.X }, good with { X = good.X + "=" },
            good with { Gateway = "" }, good with { Gateway = new string('g', 129) }, good with { NotAfter = Now }, good with { NotAfter = Now + TimeSpan.FromDays(401) },
        })
            await Assert.ThrowsAsync<InvalidRequestException>(() => Issuer.PublishAsync(bad));
        Assert.Empty((await Issuer.KeysAsync()).Keys);
    });

    [Fact]
    public void Revocations_AreToldOnceEach_InOrder_AndUntilTheyAreOver() => Run(async () =>
    {
        var one = Revocation.OfSession(new Guid(1, 0, 0, new byte[8]), InAQuarter);
        var two = Revocation.OfSubject("TXYZ", Now, InAQuarter);
        Assert.Empty((await Issuer.NewsAsync(0)).Revocations);
        await Issuer.RevokeAsync(one);
        var first = await Issuer.NewsAsync(0);
        Assert.Equal([one], first.Revocations);
        await Issuer.RevokeAsync(one);
        await Issuer.RevokeAsync(two);
        var second = await Issuer.NewsAsync(first.Number);
        Assert.Equal([two], second.Revocations);
        Assert.Empty((await Issuer.NewsAsync(second.Number)).Revocations);
        await RestartAsync();
        Assert.Equal([one, two], (await Issuer.NewsAsync(0)).Revocations);
        await DelayAsync(TimeSpan.FromMinutes(15.9));
        Assert.Equal(2, (await Issuer.NewsAsync(0)).Revocations.Length);
        await DelayAsync(TimeSpan.FromMinutes(0.2));
        var last = await Issuer.NewsAsync(0);
        Assert.Empty(last.Revocations);
        Assert.Equal(second.Number, last.Number);
    });

    [Fact]
    public void Revocation_OfALaterMomentOrALongerLife_IsNotTakenForTheOneBefore() => Run(async () =>
    {
        var first = Revocation.OfSubject("TXYZ", Now, InAQuarter);
        await Issuer.RevokeAsync(first);
        await Issuer.RevokeAsync(first with { IssuedBefore = Now.AddSeconds(1) });
        await Issuer.RevokeAsync(first with { Until = InAQuarter.AddSeconds(1) });
        await Issuer.RevokeAsync(first with { IssuedBefore = Now.AddSeconds(-1) });
        Assert.Equal(3, (await Issuer.NewsAsync(0)).Revocations.Length);
    });

    [Fact]
    public void Revocation_OfNobodyOrTooLong_IsRefused() => Run(async () =>
    {
        foreach (var bad in new[]
        {
            new Revocation(null, null, null, InAQuarter), new Revocation(Guid.Empty, "TXYZ", Now, InAQuarter), new Revocation(null, "TXYZ", null, InAQuarter),
            new Revocation(null, "", Now, InAQuarter), Revocation.OfSession(Guid.Empty, Now + TimeSpan.FromMinutes(62)), Revocation.OfSubject("TXYZ", Now + TimeSpan.FromDays(1), InAQuarter),
        })
            await Assert.ThrowsAsync<InvalidRequestException>(() => Issuer.RevokeAsync(bad));
    });

    [Fact]
    public void Revocations_BeyondTheBound_BecomeAMomentToRenewBefore_AndTheNewerStay() => Run(async () =>
    {
        await RestartAsync(new IssuerOptions { MaxRevocations = 10 });
        var fresh = (await Issuer.NewsAsync(0)).RenewBefore;
        var revoked = new List<(Revocation What, DateTimeOffset At)>();
        for (var i = 0; i < 11; i++)
        {
            await DelayAsync(TimeSpan.FromSeconds(1));
            revoked.Add((Revocation.OfSession(new Guid(i, 0, 0, new byte[8]), InAQuarter), Now));
            await Issuer.RevokeAsync(revoked[^1].What);
        }
        var news = await Issuer.NewsAsync(3);
        // A token of that login session may say that it was issued later: by a gateway's clock that runs ahead.
        Assert.Equal(revoked[4].At + Revocation.ClockSkew, news.RenewBefore);
        Assert.NotEqual(fresh, news.RenewBefore);
        Assert.Equal(revoked.Skip(5).Select(one => one.What), news.Revocations);
        await RestartAsync(new IssuerOptions { MaxRevocations = 10 });
        var again = await Issuer.NewsAsync(3);
        Assert.Equal((news.RenewBefore, news.Number), (again.RenewBefore, again.Number));
        Assert.Equal(news.Revocations, again.Revocations);
    });

    [Fact]
    public void News_OfMoreThanFitOneAnswer_ComeInSeveral() => Run(async () =>
    {
        for (var i = 0; i < IIssuerGrain.MaxNews + 1; i++)
            await Issuer.RevokeAsync(Revocation.OfSession(new Guid(i, 0, 0, new byte[8]), InAQuarter));
        await RestartAsync();
        var first = await Issuer.NewsAsync(0);
        Assert.True(first.HasMore);
        var rest = await Issuer.NewsAsync(first.Number);
        Assert.False(rest.HasMore);
        Assert.Equal(IIssuerGrain.MaxNews, first.Revocations.Length);
        Assert.Single(rest.Revocations);
    });

    [Fact]
    public void News_OfAStoreThatWasLost_SayWhereToAskFromAndWhatToRenew() => Run(async () =>
    {
        await Issuer.RevokeAsync(Revocation.OfSession(Guid.Empty, InAQuarter));
        var before = await Issuer.NewsAsync(0);
        await DelayAsync(TimeSpan.FromMinutes(1));
        await _engine!.StopAsync(CancellationToken.None);
        _engine = Make(new MemoryGrainStore(), new IssuerOptions());
        await _engine.StartAsync();
        var after = await Issuer.NewsAsync(before.Number);
        Assert.True(after.Number < before.Number);
        Assert.Equal(Now, after.RenewBefore);
    });

    private static PublishedKey KeyOf(string seed, string gateway, DateTimeOffset notAfter)
    {
        var (x, y) = (Coordinate(seed + " x"), Coordinate(seed + " y"));
        return new PublishedKey(KeyThumbprint.Of(x, y), x, y, gateway, notAfter);
    }

    private static string Coordinate(string seed) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));

    private Task DelayAsync(TimeSpan time) => Task.Delay(time, _simulation.Clock);

    private void Run(Func<Task> body) => _simulation.Run(async () =>
    {
        _engine = Make(_store, new IssuerOptions());
        await _engine.StartAsync();
        await body();
    }, TimeSpan.FromDays(60));

    private async Task RestartAsync(IssuerOptions? options = null)
    {
        await _engine!.StopAsync(CancellationToken.None);
        _engine = Make(_store, options ?? new IssuerOptions());
        await _engine.StartAsync();
    }

    private EmbeddedEngine Make(IGrainStore store, IssuerOptions options) =>
        _simulation.Engine(store, services: new ServiceCollection().AddSingleton(options).BuildServiceProvider()).Host<IIssuerGrain, IssuerGrain>("issuer");
}
