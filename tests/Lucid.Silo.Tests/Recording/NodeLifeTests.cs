using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Node;

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
            // Nobody knows better on a first start, and no session is there to be told.
            Assert.Equal(DateTimeOffset.UnixEpoch, first.LastDown!.From);
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

    [Fact]
    public void Start_OfANodeThatWasClosedMeanwhile_WritesNothing()
    {
        var life = new NodeLife(_folder.Data, _clock);
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
        using (var first = new NodeLife(_folder.Data, _clock))
            first.Start();
        damage.Do(_folder.Data.Alive);
        _clock.Now += TimeSpan.FromMinutes(1);
        using var second = new NodeLife(_folder.Data, _clock);
        Assert.Equal(DateTimeOffset.UnixEpoch, second.LastDown!.From);
    }

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
