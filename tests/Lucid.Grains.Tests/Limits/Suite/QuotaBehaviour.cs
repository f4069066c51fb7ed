using Lucid.GrainInterfaces.Limits;
using Lucid.Grains.Limits;

namespace Lucid.Grains.Tests.Limits;

/// <summary>What a shard of a limit does, on every engine.</summary>
public abstract class QuotaBehaviour
{
    private static readonly QuotaTerms _terms = new(100, TimeSpan.FromMinutes(1), TimeSpan.Zero);
    private static readonly QuotaTerms _blocking = _terms with { Limit = 10, Block = TimeSpan.FromMinutes(5) };

    [Fact]
    public Task Bucket_TakenByPieces_GivesItsLimitAndNoMore() => RunAsync(async quota =>
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
    public Task Bucket_OverTime_RefillsEvenly_AndNoFurtherThanItsLimit() => RunAsync(async quota =>
    {
        await quota.TakeAsync(new QuotaRequest("a", _terms, 100));
        await PassAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(new QuotaLease(10, 0, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _terms, 50)));
        await PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(new QuotaLease(100, 0, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _terms, 1000)));
    });

    [Fact]
    public Task Bucket_ThatBlocks_GivesNothingForThatLong_HoweverOftenItIsAsked() => RunAsync(async quota =>
    {
        Assert.Equal(10, (await quota.TakeAsync(new QuotaRequest("a", _blocking, 10))).Granted);
        Assert.Equal(new QuotaLease(0, 0, TimeSpan.FromMinutes(5)), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
        await PassAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(new QuotaLease(0, 0, TimeSpan.FromMinutes(1)), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(new QuotaLease(1, 9, TimeSpan.Zero), await quota.TakeAsync(new QuotaRequest("a", _blocking, 1)));
    });

    [Fact]
    public Task Partitions_BeyondTheBound_ShareOne_UntilOthersAreForgotten() => RunAsync(async quota =>
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
    public Task Request_ThatMeansNothing_IsAMistakeOfOurs(int limit, int wanted) => RunAsync(async quota =>
        await Assert.ThrowsAsync<ArgumentException>(() => quota.TakeAsync(new QuotaRequest("a", _terms with { Limit = limit }, wanted))));

    /// <summary>With a grain that nobody has asked yet.</summary>
    protected abstract Task RunAsync(Func<IQuotaGrain, Task> body);

    protected abstract Task PassAsync(TimeSpan time);
}
