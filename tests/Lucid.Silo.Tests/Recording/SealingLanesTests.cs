using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class SealingLanesTests
{
    private const int Large = ChunkLimits.MaxPlainBytes;

    [Fact]
    public async Task Compute_OfASmallChunk_DoesNotWaitForLargeOnes()
    {
        using var lanes = new SealingLanes(workers: 1);
        using var gate = new ManualResetEventSlim();
        var large = Enumerable.Range(0, 3).Select(_ => lanes.For(Large).Cores.RunAsync(() => Wait(gate), CancellationToken.None)).ToArray();
        Assert.Equal(7, await lanes.For(1024).Cores.RunAsync(() => 7, CancellationToken.None));
        Assert.DoesNotContain(large, one => one.IsCompleted);
        gate.Set();
        await Task.WhenAll(large);
    }

    [Fact]
    public async Task Store_OfASmallChunk_DoesNotWaitForLargeOnes()
    {
        using var lanes = new SealingLanes(workers: 1);
        var gate = new TaskCompletionSource();
        var large = Enumerable.Range(0, 3).Select(_ => lanes.For(Large).StoreAsync(() => gate.Task, CancellationToken.None)).ToArray();
        await lanes.For(1024).StoreAsync(() => Task.CompletedTask, CancellationToken.None);
        Assert.DoesNotContain(large, one => one.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(large);
    }

    [Fact]
    public async Task Compute_Failing_FailsItsCallerAlone()
    {
        using var lanes = new SealingLanes(workers: 1);
        await Assert.ThrowsAsync<InvalidDataException>(() => lanes.For(1).Cores.RunAsync<int>(() => throw new InvalidDataException(), CancellationToken.None));
        Assert.Equal(7, await lanes.For(1).Cores.RunAsync(() => 7, CancellationToken.None));
    }

    [Fact]
    public async Task Compute_CancelledWhileItWaits_IsNotRun()
    {
        using var lanes = new SealingLanes(workers: 1);
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var first = lanes.For(1).Cores.RunAsync(() => Wait(gate), CancellationToken.None);
        var ran = false;
        var second = lanes.For(1).Cores.RunAsync(() => ran = true, cancel.Token);
        await cancel.CancelAsync();
        gate.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await first;
        Assert.False(ran);
    }

    private static bool Wait(ManualResetEventSlim gate)
    {
        gate.Wait();
        return true;
    }
}
