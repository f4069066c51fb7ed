using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class MemoryBudgetTests
{
    [Fact]
    public async Task Take_MoreThanIsFree_WaitsForWhatIsGivenBack()
    {
        var budget = new MemoryBudget(100, TimeSpan.FromMinutes(1), TimeProvider.System);
        var first = await budget.TakeAsync(80, CancellationToken.None);
        var second = budget.TakeAsync(50, CancellationToken.None);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(100, budget.Free);
    }

    [Fact]
    public async Task Take_BehindALargeOne_DoesNotOvertake()
    {
        var budget = new MemoryBudget(100, TimeSpan.FromMinutes(1), TimeProvider.System);
        var held = await budget.TakeAsync(60, CancellationToken.None);
        var large = budget.TakeAsync(100, CancellationToken.None);
        var small = budget.TakeAsync(10, CancellationToken.None);
        Assert.False(small.IsCompleted);
        held.Dispose();
        (await large).Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task Take_WhenNoneComesFree_SaysWhenToTryAgain()
    {
        var budget = new MemoryBudget(100, TimeSpan.Zero, TimeProvider.System);
        using var held = await budget.TakeAsync(100, CancellationToken.None);
        await Assert.ThrowsAsync<RecorderBusyException>(() => budget.TakeAsync(1, CancellationToken.None));
    }

    [Fact]
    public async Task Take_Cancelled_GivesItsPlaceUp()
    {
        var budget = new MemoryBudget(100, TimeSpan.FromMinutes(1), TimeProvider.System);
        var held = await budget.TakeAsync(60, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var large = budget.TakeAsync(100, cancel.Token);
        var small = budget.TakeAsync(10, CancellationToken.None);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        (await small).Dispose();
        held.Dispose();
        Assert.Equal(100, budget.Free);
    }

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
