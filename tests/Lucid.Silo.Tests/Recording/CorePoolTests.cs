using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class CorePoolTests
{
    [Fact]
    public async Task Share_CoresIdle_RunsOnAllOfThemTogether()
    {
        using var pool = new CorePool(3);
        using var together = new Barrier(3);
        var ran = await pool.RunAsync(
            () =>
            {
                var count = 0;
                // Ends only where three are in it at once.
                pool.Share(10, _ =>
                {
                    together.SignalAndWait(TestContext.Current.CancellationToken);
                    Interlocked.Increment(ref count);
                });
                return count;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(3, ran);
    }

    [Fact]
    public async Task Share_MoreCoresThanWork_TakesNoMoreThanAsked()
    {
        using var pool = new CorePool(8);
        var ran = await pool.RunAsync(
            () =>
            {
                var count = 0;
                pool.Share(2, _ => Interlocked.Increment(ref count));
                return count;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(2, ran);
    }

    [Fact]
    public async Task Share_OtherWorkWaits_HelperLeavesAndTheCallerStays()
    {
        using var pool = new CorePool(2);
        var helping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var done = new ManualResetEventSlim();
        var caller = 0;
        var shared = pool.RunAsync(
            () =>
            {
                caller = Environment.CurrentManagedThreadId;
                pool.Share(2, wanted =>
                {
                    if (Environment.CurrentManagedThreadId == caller)
                    {
                        done.Wait(TestContext.Current.CancellationToken);
                        Assert.False(wanted());
                        return;
                    }
                    helping.SetResult();
                    SpinWait.SpinUntil(wanted);
                });
                return true;
            },
            TestContext.Current.CancellationToken);
        await helping.Task.WaitAsync(TestContext.Current.CancellationToken);
        // Gets the helper's core while the caller still holds its own.
        Assert.Equal(7, await pool.RunAsync(() => 7, TestContext.Current.CancellationToken));
        done.Set();
        Assert.True(await shared);
    }

    [Fact]
    public async Task Share_HelperFails_GivesTheCoreBackAndTells()
    {
        using var pool = new CorePool(2);
        for (var round = 0; round < 3; round++)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => pool.RunAsync(
                () =>
                {
                    var caller = Environment.CurrentManagedThreadId;
                    using var failed = new ManualResetEventSlim();
                    pool.Share(2, _ =>
                    {
                        if (Environment.CurrentManagedThreadId != caller)
                        {
                            failed.Set();
                            throw new InvalidDataException("helper");
                        }
                        failed.Wait(TestContext.Current.CancellationToken);
                    });
                    return true;
                },
                TestContext.Current.CancellationToken));
            Assert.Contains("helper", failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ThreadClock_ThreadWaits_StandsStillAndGoesOnWithWork()
    {
        var clock = new ThreadClock();
        var before = clock.GetTimestamp();
        var work = 1L;
        while (clock.GetElapsedTime(before) < TimeSpan.FromMilliseconds(5))
            work = (work * 31) + 7;
        Assert.NotEqual(0, work);
        if (!OperatingSystem.IsLinux())
            return;
        // Another thread's work is not ours, however long it took.
        before = clock.GetTimestamp();
        var other = new Thread(() =>
        {
            var since = clock.GetTimestamp();
            while (clock.GetElapsedTime(since) < TimeSpan.FromMilliseconds(50))
                work = (work * 31) + 7;
        });
        other.Start();
        other.Join();
        Assert.InRange(clock.GetElapsedTime(before).TotalMilliseconds, 0, 25);
    }
}
