using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Contract;

// Rows: size, failure, exceptions; durability and journals.
public abstract partial class EngineContract
{
    [Fact]
    public Task State_Saved_SurvivesLeavingMemory() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await counter.AddAsync(7);
        await counter.TouchAsync();
        await counter.LeaveAsync();
        Assert.Equal(1, await counter.TouchAsync());
        Assert.Equal(7, await counter.SavedAsync());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task State_Saved_SurvivesTheEngine(bool kill) => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        await Counter(engine, key).AddAsync(7);
        await engine.RestartAsync(kill);
        Assert.Equal(7, await Counter(engine, key).SavedAsync());
        Assert.Equal(8, await Counter(engine, key).AddAsync(1));
    });

    [Fact]
    public Task State_Cleared_IsNewAndCanBeSavedAgain() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await counter.AddAsync(7);
        await counter.ClearAsync();
        Assert.Equal(0, await counter.SavedAsync());
        await counter.LeaveAsync();
        Assert.Equal(0, await counter.SavedAsync());
        Assert.Equal(2, await counter.AddAsync(2));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task State_Over64KiB_RefusedWithTheGrainsNameAndDropped(bool swallow) => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        var counter = Counter(engine, key);
        Assert.Equal("saved", await counter.GrowAsync(64 * 1024 - 100, swallow));
        await counter.AddAsync(1);
        await counter.TouchAsync();
        var message = swallow
            ? await counter.GrowAsync(64 * 1024, swallow)
            : (await Assert.ThrowsAsync<StateTooLargeException>(() => counter.GrowAsync(64 * 1024, swallow))).Message;
        Assert.Contains($"counter/{key}", message, StringComparison.Ordinal);
        Assert.Equal(1, await counter.TouchAsync());
        Assert.Equal(1, await counter.SavedAsync());
    });

    [Fact]
    public Task Failure_Declared_LeavesActivationAsItIs() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await counter.TouchAsync();
        var failure = await Assert.ThrowsAsync<RefusedException>(() => counter.RefuseAsync("it is late", 42));
        Assert.Equal("Refused, since it is late.", failure.Message);
        Assert.Equal(42, failure.Value);
        Assert.Equal(2, await counter.TouchAsync());
    });

    [Fact]
    public Task Failure_Undeclared_DropsActivation() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await counter.TouchAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(counter.BreakAsync);
        Assert.Equal(1, await counter.TouchAsync());
    });

    [Fact]
    public Task Failure_AfterSave_StartsFromWhatWasSaved() => RunAsync(async engine =>
    {
        var counter = Counter(engine, engine.NewKey());
        await counter.AddAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => counter.AddAndBreakAsync(10));
        Assert.Equal(11, await counter.SavedAsync());
    });

    [Fact]
    public Task Failure_OfOneGrain_TouchesNoOther() => RunAsync(async engine =>
    {
        var good = Enumerable.Range(0, 20).Select(_ => Counter(engine, engine.NewKey())).ToList();
        var poisoned = Counter(engine, engine.NewKey());
        await Task.WhenAll(good.Select(g => g.TouchAsync()));
        var breaking = Enumerable.Range(0, 20).Select(_ => Assert.ThrowsAsync<InvalidOperationException>(poisoned.BreakAsync)).ToList();
        foreach (var counter in good)
            Assert.Equal(2, await counter.TouchAsync());
        await Task.WhenAll(breaking);
        Assert.Equal(1, await poisoned.TouchAsync());
    });

    [Fact]
    public Task Journal_Appended_ReadsByRange() => RunAsync(async engine =>
    {
        var journal = engine.Grains.Get<IJournalGrain>(engine.NewKey());
        Assert.Equal(0, await journal.CountAsync());
        for (var i = 0; i < 5; i++)
            Assert.Equal(i, await journal.AppendAsync($"row {i}"));
        Assert.Equal(5, await journal.CountAsync());
        Assert.Equal([new Line("row 1", 1), new Line("row 2", 2)], (IEnumerable<Line>)await journal.ReadAsync(1, 2));
        Assert.Equal([new Line("row 4", 4)], (IEnumerable<Line>)await journal.ReadAsync(4, 100));
        Assert.Equal([], (IEnumerable<Line>)await journal.ReadAsync(5, 100));
    });

    [Fact]
    public Task Journal_AppendedTogether_HasNoHoles() => RunAsync(async engine =>
    {
        var journal = engine.Grains.Get<IJournalGrain>(engine.NewKey());
        await journal.AppendManyAsync(40);
        var rows = await journal.ReadAsync(0, 100);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), rows.Select(row => row.Number));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Journal_BesideState_SurvivesTheEngine(bool kill) => RunAsync(async engine =>
    {
        var key = engine.NewKey();
        await engine.Grains.Get<IJournalGrain>(key).AppendAsync("first");
        await engine.Grains.Get<IJournalGrain>(key).SaveAsync(9);
        await engine.Grains.Get<IJournalGrain>(key).AppendAsync("second");
        await engine.RestartAsync(kill);
        Assert.Equal(9, await engine.Grains.Get<IJournalGrain>(key).SavedAsync());
        Assert.Equal(2, await engine.Grains.Get<IJournalGrain>(key).AppendAsync("third"));
        Assert.Equal(["first", "second", "third"], (await engine.Grains.Get<IJournalGrain>(key).ReadAsync(0, 10)).Select(row => row.Text));
    });

    [Fact]
    public Task Journal_Cleared_StartsAtZero() => RunAsync(async engine =>
    {
        var journal = engine.Grains.Get<IJournalGrain>(engine.NewKey());
        await journal.AppendAsync("old");
        await journal.ClearAsync();
        Assert.Equal(0, await journal.CountAsync());
        Assert.Equal(0, await journal.AppendAsync("new"));
        Assert.Equal(new Line("new", 0), Assert.Single(await journal.ReadAsync(0, 10)));
    });
}
