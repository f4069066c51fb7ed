using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Limits;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Gateway.Tests.Limits;

/// <summary>One partition at one gateway and at several, on a clock that stands still.</summary>
public sealed class QuotaTests
{
    private static readonly QuotaTerms _terms = new(100, TimeSpan.FromMinutes(1), TimeSpan.Zero);

    private readonly ManualClock _clock = new();
    private readonly FakeQuotas _grains;
    private readonly List<QuotaSource> _gateways;

    public QuotaTests()
    {
        _grains = new FakeQuotas(_clock);
        _gateways = [.. Enumerable.Range(0, 3).Select(_ => new QuotaSource(_grains, new LimitOptions(), _clock, NullLogger<QuotaSource>.Instance))];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(1_000)]
    public async Task OneGateway_GivesTheLimit_AndNotOneMore(int limit)
    {
        var quota = Quota(0, _terms with { Limit = limit });
        Assert.Equal(limit, await GrantedAsync(quota, (limit * 3) + 5));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(100, 110)]
    [InlineData(1_000, 1_100)]
    public async Task ThreeGateways_GiveTheLimitTogether_AndATwentiethForEachBeyondTheFirst(int limit, int most)
    {
        var terms = _terms with { Limit = limit };
        var given = 0;
        for (var gateway = 0; gateway < 3; gateway++)
            given += await GrantedAsync(Quota(gateway, terms), limit * 2);
        Assert.InRange(given, limit, most);
    }

    [Fact]
    public async Task LightCaller_CostsNoCall()
    {
        var quota = Quota(0, _terms);
        for (var minute = 0; minute < 10; minute++)
        {
            Assert.Equal(5, await GrantedAsync(quota, 5));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Empty(_grains.Asked);
    }

    [Fact]
    public async Task BusyCaller_CostsACallForATwentiethOfItsLimit_AndARefusedOneNone()
    {
        var quota = Quota(0, _terms with { Limit = 1_000 });
        await GrantedAsync(quota, 1_000);
        Assert.InRange(_grains.Asked.Count, 10, 20);
        var before = _grains.Asked.Count;
        Assert.Equal(0, await GrantedAsync(quota, 10_000));
        Assert.Equal(before, _grains.Asked.Count);
    }

    [Fact]
    public async Task Refused_IsToldWhenToComeAgain_AndThenGetsIn()
    {
        var quota = Quota(0, _terms);
        await GrantedAsync(quota, 100);
        for (var i = 0; i < 50; i++)
        {
            var refused = await quota.TakeAsync(CancellationToken.None);
            Assert.Equal((false, 100, 0), (refused.IsGranted, refused.Limit, refused.Remaining));
            Assert.InRange(refused.RetryAfter, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(0.7));
            _clock.Advance(refused.RetryAfter);
            Assert.Equal(1, await GrantedAsync(quota, 2));
        }
    }

    [Fact]
    public async Task Remaining_CountsDown_AndResetSaysWhenAllAreBack()
    {
        var quota = Quota(0, _terms);
        for (var left = 99; left >= 0; left--)
        {
            var verdict = await quota.TakeAsync(CancellationToken.None);
            Assert.Equal((true, left), (verdict.IsGranted, verdict.Remaining));
            Assert.Equal((100 - left) * 0.6, verdict.ResetsAfter.TotalSeconds, 3);
        }
    }

    [Fact]
    public async Task Blocked_StaysSo_AtEveryGateway()
    {
        var terms = _terms with { Limit = 10, Block = TimeSpan.FromMinutes(5) };
        var (one, two) = (Quota(0, terms), Quota(1, terms));
        Assert.Equal(10, await GrantedAsync(one, 11));
        Assert.Equal(TimeSpan.FromMinutes(5), (await two.TakeAsync(CancellationToken.None)).RetryAfter);
        _clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(0, await GrantedAsync(one, 5) + await GrantedAsync(two, 5));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, await GrantedAsync(one, 5) + await GrantedAsync(two, 6));
    }

    [Fact]
    public async Task GrainAway_GivesTheGatewaysShare_UntilItIsBack()
    {
        _grains.AreAway = true;
        var quota = Quota(0, _terms);
        // On credit, and then a quarter.
        Assert.Equal(5 + 25, await GrantedAsync(quota, 200));
        Assert.Single(_grains.Asked);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.InRange(await GrantedAsync(quota, 200), 12, 13);
        Assert.Equal(2, _grains.Asked.Count);
        _grains.AreAway = false;
        _clock.Advance(QuotaSource.Pause);
        Assert.InRange(await GrantedAsync(quota, 200), 95, 100);
    }

    [Fact]
    public async Task GrainAway_PermitsThatAreGivenBack_AreNoneOfTheGrains()
    {
        _grains.AreAway = true;
        var quota = Quota(0, _terms);
        // Beyond the credit, so that the gateway gives of its own.
        Assert.Equal(6, await GrantedAsync(quota, 6));
        for (var i = 0; i < 100; i++)
        {
            var taken = await quota.TakeAsync(CancellationToken.None);
            Assert.True(taken.IsGranted);
            quota.Return(taken);
        }
        _grains.AreAway = false;
        _clock.Advance(QuotaSource.Pause);
        Assert.InRange(await GrantedAsync(quota, 300), 95, 100);
    }

    [Fact]
    public async Task ManyAtOnce_WaitForOneCall()
    {
        var quota = Quota(0, _terms);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Task.Run(async () => await quota.TakeAsync(CancellationToken.None))));
        Assert.Equal(100, verdicts.Count(verdict => verdict.IsGranted));
        Assert.InRange(_grains.Asked.Count, 1, 25);
    }

    [Fact]
    public async Task Table_OfMoreThanItMayHold_LetsThemShare_AndForgetsTheIdle()
    {
        var options = new LimitOptions { Partitions = 1_000 };
        var table = new QuotaTable(options, _gateways[0]);
        for (var i = 0; i < 5_000; i++)
            await table.Find(RateLimit.Strangers, $"192.0.2.{i}", isCrowd: false).TakeAsync(CancellationToken.None);
        Assert.Equal(1_001, table.Count);
        Assert.Same(table.Find(RateLimit.Strangers, "new", isCrowd: false), table.Find(RateLimit.Strangers, "newer", isCrowd: false));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.NotSame(table.Find(RateLimit.Strangers, "new", isCrowd: false), table.Find(RateLimit.Strangers, "newer", isCrowd: false));
        Assert.InRange(table.Count, 2, 3);
    }

    private Quota Quota(int gateway, QuotaTerms terms) => new(terms, "strangers/1", "192.0.2.1", _gateways[gateway]);

    private static async Task<int> GrantedAsync(Quota quota, int asked)
    {
        var granted = 0;
        for (var i = 0; i < asked; i++)
            granted += (await quota.TakeAsync(CancellationToken.None)).IsGranted ? 1 : 0;
        return granted;
    }
}
