using Lucid.Engine.Embedded.Testing;

namespace Lucid.Engine.Embedded.Tests.Testing;

public sealed class VirtualClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly VirtualClock _clock = new();
    private readonly List<string> _rang = [];

    [Fact]
    public void Timers_WithinAnAdvance_RingInOrderOfTimeThenOfSetting()
    {
        Set("later", Second * 2);
        Set("first", Second);
        Set("second", Second);
        Set("beyond", Second * 4);
        _clock.Advance(Second * 3);
        Assert.Equal(["first 1", "second 1", "later 2"], _rang);
    }

    [Fact]
    public void Timer_WithPeriod_RingsUntilDisposed()
    {
        var timer = Set("tick", Second, Second);
        _clock.Advance(Second * 3);
        timer.Dispose();
        _clock.Advance(Second * 3);
        Assert.Equal(["tick 1", "tick 2", "tick 3"], _rang);
    }

    [Fact]
    public void Timer_Changed_ForgetsItsOldTime()
    {
        var timer = Set("once", Second);
        timer.Change(Second * 2, Timeout.InfiniteTimeSpan);
        _clock.Advance(Second * 5);
        Assert.Equal(["once 2"], _rang);
        Assert.True(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        timer.Dispose();
        Assert.False(timer.Change(Second, Second));
        _clock.Advance(Second);
        Assert.Single(_rang);
    }

    [Fact]
    public void Timer_SetByATimer_RingsInTheSameAdvance()
    {
        _clock.CreateTimer(_ => Set("inner", Second), null, Second, Timeout.InfiniteTimeSpan);
        _clock.Advance(Second * 2);
        Assert.Equal(["inner 2"], _rang);
    }

    [Fact]
    public void Elapsed_BetweenTimestamps_IsWhatWasAdvanced()
    {
        var before = _clock.GetTimestamp();
        _clock.Advance(Second * 90);
        Assert.Equal(Second * 90, _clock.GetElapsedTime(before));
    }

    private ITimer Set(string name, TimeSpan due, TimeSpan? period = null)
    {
        return _clock.CreateTimer(
            _ => _rang.Add($"{name} {(_clock.GetUtcNow() - new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds}"),
            null, due, period ?? Timeout.InfiniteTimeSpan);
    }
}
