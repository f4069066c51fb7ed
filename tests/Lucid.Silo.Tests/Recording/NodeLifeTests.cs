using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Node;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Recording;

public sealed class NodeLifeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SteppedClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LastDown_AfterAStartThatWasCutShort_StillBeginsAtTheFirstOutage()
    {
        using (var first = Life())
        {
            // Nobody knows better on a first start, and no session is there to be told.
            Assert.Equal(DateTimeOffset.UnixEpoch, first.LastDown!.From);
            first.Start();
        }
        var down = _clock.GetUtcNow();
        _clock.Now += TimeSpan.FromMinutes(5);
        // Dies before it is up.
        using (var second = Life())
            Assert.Equal(down, second.LastDown!.From);
        _clock.Now += TimeSpan.FromMinutes(5);
        using var third = Life();
        Assert.Equal((down, _clock.Now), (third.LastDown!.From, third.LastDown.To));
    }

    [Fact]
    public void LastDown_EndsWhenTheNodeIsReady_NotWhenItsProcessStarts()
    {
        using (var first = Life())
            first.Start();
        var down = _clock.Now;
        _clock.Now += TimeSpan.FromMinutes(1);
        using var second = Life();
        _clock.Now += TimeSpan.FromSeconds(20);
        Assert.Equal((down, _clock.Now), (second.LastDown!.From, second.LastDown.To));
        _clock.Now += TimeSpan.FromSeconds(20);
        second.Ready();
        var ready = _clock.Now;
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal((down, ready), (second.LastDown!.From, second.LastDown.To));
    }

    [Fact]
    public void Start_OnADiskThatRefuses_LogsItOnce_AndTheNextBeatTriesAgain()
    {
        using (var first = Life())
            first.Start();
        var log = new ListLog();
        var flushes = 0;
        using (var second = new NodeLife(_folder.Data, _clock, log, _ =>
        {
            if (++flushes < 3)
                throw new IOException("the disk is broken");
        }))
        {
            second.Start();
            _clock.Beat!();
            Assert.Contains("the disk is broken", Assert.Single(log.Errors), StringComparison.Ordinal);
            Assert.Contains(_folder.Data.Alive, log.Errors[0], StringComparison.Ordinal);
            _clock.Now += TimeSpan.FromMinutes(5);
            _clock.Beat();
            _clock.Beat();
            Assert.Equal(3, flushes);
        }
        using var third = Life();
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(_clock.Now - TimeSpan.FromSeconds(1), third.LastDown!.From);
    }

    [Fact]
    public void LastDown_AfterANodeThatWasUp_BeginsAtItsLastBeat()
    {
        using (var first = Life())
        {
            first.Start();
            _clock.Now += TimeSpan.FromMinutes(5);
        }
        var down = _clock.Now;
        _clock.Now += TimeSpan.FromMinutes(1);
        using var second = Life();
        Assert.Equal(down, second.LastDown!.From);
    }

    [Fact]
    public void Start_OfANodeThatWasClosedMeanwhile_WritesNothing()
    {
        var life = Life();
        life.Dispose();
        life.Start();
        Assert.Equal(0, new FileInfo(_folder.Data.Alive).Length);
    }

    [Theory]
    [InlineData(Damage.Truncate)]
    [InlineData(Damage.Empty)]
    [InlineData(Damage.Delete)]
    [InlineData(Damage.Garbage)]
    [InlineData(Damage.Flip)]
    public void LastDown_AfterTheFileWasDamaged_ClaimsNothingAsRecorded(Damage damage)
    {
        using (var first = Life())
            first.Start();
        damage.Do(_folder.Data.Alive);
        _clock.Now += TimeSpan.FromMinutes(1);
        using var second = Life();
        Assert.Equal(DateTimeOffset.UnixEpoch, second.LastDown!.From);
    }

    private NodeLife Life() => new(_folder.Data, _clock, NullLogger<NodeLife>.Instance);

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

        /// <summary>What the newest timer does.</summary>
        public Action? Beat { get; private set; }

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Beat = () => callback(state);
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class ListLog : ILogger<NodeLife>
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                Errors.Add(formatter(state, exception));
        }
    }
}
