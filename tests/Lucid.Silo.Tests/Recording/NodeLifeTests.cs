using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class NodeLifeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SteppedClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LastDown_AfterAStartThatWasCutShort_StillBeginsAtTheFirstOutage()
    {
        using (var first = new NodeLife(_folder.Data, _clock))
        {
            Assert.Null(first.LastDown);
            first.Start();
        }
        var down = _clock.GetUtcNow();
        _clock.Now += TimeSpan.FromMinutes(5);
        // Dies before it is up.
        using (var second = new NodeLife(_folder.Data, _clock))
            Assert.Equal(down, second.LastDown!.From);
        _clock.Now += TimeSpan.FromMinutes(5);
        using var third = new NodeLife(_folder.Data, _clock);
        Assert.Equal((down, _clock.Now), (third.LastDown!.From, third.LastDown.To));
    }

    [Fact]
    public void LastDown_AfterANodeThatWasUp_BeginsAtItsLastBeat()
    {
        using (var first = new NodeLife(_folder.Data, _clock))
        {
            first.Start();
            _clock.Now += TimeSpan.FromMinutes(5);
        }
        var down = _clock.Now;
        _clock.Now += TimeSpan.FromMinutes(1);
        using var second = new NodeLife(_folder.Data, _clock);
        Assert.Equal(down, second.LastDown!.From);
    }

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
