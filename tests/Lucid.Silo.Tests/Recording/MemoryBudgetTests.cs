using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class MemoryBudgetTests
{
    private const long All = 800;

    [Fact]
    public async Task Take_MoreThanIsFree_WaitsForWhatIsGivenBack()
    {
        var budget = Budget();
        var first = await TakeAsync(budget, 600);
        var second = TakeAsync(budget, 400);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
        Assert.Equal((0, 600), budget.Held);
    }

    [Fact]
    public async Task Take_BehindALargeOne_OvertakesOnlyWithinWhatIsKeptForTheSmall()
    {
        var budget = Budget();
        var held = await TakeAsync(budget, 600);
        var large = TakeAsync(budget, 700);
        // An eighth of all, in parts that count as small.
        var small = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => TakeAsync(budget, 10)));
        var oneMore = TakeAsync(budget, 10);
        Assert.False(large.IsCompleted);
        Assert.False(oneMore.IsCompleted);
        Array.ForEach(small, lease => lease.Dispose());
        (await oneMore).Dispose();
        held.Dispose();
        (await large).Dispose();
        Assert.Equal(0, budget.Held.Now);
    }

    [Fact]
    public async Task Take_OfALargeOne_LeavesTheEighthForTheSmall()
    {
        var budget = Budget();
        using var held = await TakeAsync(budget, 600);
        var large = TakeAsync(budget, 150);
        Assert.False(large.IsCompleted);
        (await TakeAsync(budget, 10)).Dispose();
        held.Dispose();
        (await large).Dispose();
    }

    [Fact]
    public async Task Take_OfOneSessionBeyondItsQuarter_WaitsForItself_AndNobodyForIt()
    {
        var budget = Budget();
        const string poisoned = "poisoned";
        var first = await budget.TakeAsync(poisoned, 200, CancellationToken.None);
        var second = budget.TakeAsync(poisoned, 200, CancellationToken.None);
        Assert.False(second.IsCompleted);
        using var other = await TakeAsync(budget, 400);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task Take_OfOneChunkAboveAQuarter_IsGrantedWhereTheSessionHoldsNothing()
    {
        var budget = Budget();
        (await TakeAsync(budget, 700)).Dispose();
    }

    [Fact]
    public async Task Take_WhenNoneComesFree_SaysWhenToTryAgain()
    {
        var budget = Budget(TimeSpan.Zero);
        using var held = await TakeAsync(budget, 700);
        await Assert.ThrowsAsync<RecorderBusyException>(() => TakeAsync(budget, 200));
    }

    [Fact]
    public async Task Take_Cancelled_GivesItsPlaceUp()
    {
        var budget = Budget();
        var held = await TakeAsync(budget, 400);
        using var cancel = new CancellationTokenSource();
        var large = budget.TakeAsync($"{Guid.NewGuid()}", 600, cancel.Token);
        var less = TakeAsync(budget, 200);
        Assert.False(less.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        (await less).Dispose();
        held.Dispose();
        Assert.Equal(0, budget.Held.Now);
    }

    private static MemoryBudget Budget(TimeSpan? wait = null) => new(All, wait ?? TimeSpan.FromMinutes(1), TimeProvider.System);

    /// <summary>For a session that holds nothing else.</summary>
    private static Task<IDisposable> TakeAsync(MemoryBudget budget, long wanted) => budget.TakeAsync($"{Guid.NewGuid()}", wanted, CancellationToken.None);

    [Fact]
    public async Task Enter_OneKey_IsOneAtATime_AndOtherKeysAreNot()
    {
        var locks = new KeyedLock<int>();
        var first = await locks.EnterAsync(1, CancellationToken.None);
        var second = locks.EnterAsync(1, CancellationToken.None);
        (await locks.EnterAsync(2, CancellationToken.None)).Dispose();
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }
}
