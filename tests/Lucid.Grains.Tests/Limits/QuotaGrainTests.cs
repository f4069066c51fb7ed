using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.GrainInterfaces.Limits;
using Lucid.Grains.Limits;

namespace Lucid.Grains.Tests.Limits;

public sealed class QuotaGrainTests
{
    private static readonly QuotaTerms _terms = new(100, TimeSpan.FromMinutes(1), TimeSpan.Zero);
    private static readonly QuotaTerms _blocking = _terms with { Limit = 10, Block = TimeSpan.FromMinutes(5) };

    private readonly Simulation _simulation = new(1);

    [Fact]
    public void Bucket_TakenByPieces_GivesItsLimitAndNoMore() => Run(async quota =>
    {
        var given = 0;
        for (var i = 0; i < 30; i++)
            given += (await quota.TakeAsync(new QuotaRequest("a", _terms, 7))).Granted;
        Assert.Equal(100, given);
        Assert.Equal(new QuotaLease(0, 0, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _terms, 7)));
        // Another one has its own.
        Assert.Equal(new QuotaLease(7, 93, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("b", _terms, 7)));
    });

    [Fact]
    public void Bucket_OverTime_RefillsEvenly_AndNoFurtherThanItsLimit() => Run(async quota =>
    {
        await quota.TakeAsync(new QuotaRequest("a", _terms, 100));
        await PassAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(new QuotaLease(10, 0, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _terms, 50)));
        await PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(new QuotaLease(100, 0, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _terms, 1000)));
    });

    [Fact]
    public void Bucket_ThatBlocks_GivesNothingForThatLong_HoweverOftenItIsAsked() => Run(async quota =>
    {
        Assert.Equal(10, (await quota.TakeAsync(new QuotaRequest("a", _blocking, 10))).Granted);
        Assert.Equal(new QuotaLease(0, 0, TimeSpan.FromMinutes(5)), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
        await PassAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(new QuotaLease(0, 0, TimeSpan.FromMinutes(1)), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(new QuotaLease(1, 9, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
    });

    [Fact]
    public void Partitions_BeyondTheBound_ShareOne_UntilOthersAreForgotten() => Run(async quota =>
    {
        for (var i = 0; i < QuotaGrain.MostPartitions; i++)
            await quota.TakeAsync(new QuotaRequest($"{i}", _terms, 1));
        Assert.Equal(99, (await quota.TakeAsync(new QuotaRequest("late", _terms, 99))).Granted);
        Assert.Equal(1, (await quota.TakeAsync(new QuotaRequest("later", _terms, 99))).Granted);
        Assert.Equal(98, (await quota.TakeAsync(new QuotaRequest("5", _terms, 98))).Granted);
        await PassAsync(TimeSpan.FromMinutes(2));
        await quota.TakeAsync(new QuotaRequest("first", _terms, 1));
        Assert.Equal(99, (await quota.TakeAsync(new QuotaRequest("late", _terms, 99))).Granted);
        Assert.Equal(99, (await quota.TakeAsync(new QuotaRequest("later", _terms, 99))).Granted);
    });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Request_ThatMeansNothing_IsAMistakeOfOurs(int limit, int wanted) => Run(async quota =>
        await Assert.ThrowsAsync<ArgumentException>(() => quota.TakeAsync(new QuotaRequest("a", _terms with { Limit = limit }, wanted))));

    private Task PassAsync(TimeSpan time) => Task.Delay(time, _simulation.Clock);

    private void Run(Func<IQuotaGrain, Task> body)
    {
        var engine = _simulation.Engine(new MemoryGrainStore()).Host<IQuotaGrain, QuotaGrain>("quota");
        _simulation.Run(async () =>
        {
            await engine.StartAsync();
            await body(engine.Get<IQuotaGrain>("users/1"));
        });
    }
}
