using System.IO.Compression;
using System.Security.Cryptography;
using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Tests.Compression;

public sealed class GzipBlocksTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(MiB)]
    [InlineData(MiB + 1)]
    [InlineData((2 * MiB) + 777_777)]
    public void Compress_AnyContent_IsReadBackByOursAndByDotNets(int length)
    {
        foreach (var plain in new[] { Content.Random(length), Content.Text(length), Content.HalfRandom(length), new byte[length] })
        {
            // The clock of each stands still at first, and then takes 1 ms a look: every level and the giving up occur.
            foreach (var clock in new[] { new FakeClock(TimeSpan.Zero), new FakeClock(TimeSpan.FromMilliseconds(1)) })
            {
                var (gzip, result) = Compress(plain, new GzipBudget { Clock = clock });
                Assert.True(result.Length <= GzipBlocks.MaxCompressedLength(length));
                AssertSame(plain, Read(gzip, length));
                using var theirs = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
                var again = new MemoryStream();
                theirs.CopyTo(again);
                AssertSame(plain, again.ToArray());
            }
        }
    }

    [Fact]
    public void Compress_TimeStandsStill_IsLevelSixThroughout()
    {
        var (gzip, result) = Compress(Content.Text(3 * MiB), new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) });
        Assert.Equal(6, result.MeanLevel);
        Assert.True(gzip.Length < 3 * MiB / 2);
    }

    [Fact]
    public void Compress_NoTime_IsLevelOneThroughout()
    {
        var budget = new GzipBudget { PerChunk = TimeSpan.Zero, Clock = new FakeClock(TimeSpan.FromMilliseconds(1)) };
        var (gzip, result) = Compress(Content.Text(2 * MiB), budget);
        Assert.Equal(1, result.MeanLevel);
        Assert.True(gzip.Length < MiB);
    }

    [Fact]
    public void Compress_NoTimeAndHardlyAnyGain_IsStored()
    {
        // One byte in ten is the same: level 1 saves some per cent of it, which is not worth exceeding the budget.
        var plain = Content.Random(2 * MiB);
        for (var i = 0; i < plain.Length; i += 4096)
            plain.AsSpan(i, 400).Clear();
        var clock = new FakeClock(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Compress(plain, new GzipBudget { PerChunk = TimeSpan.Zero, Clock = clock }).Result.MeanLevel);
        Assert.Equal(6, Compress(plain, new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) }).Result.MeanLevel);
    }

    [Fact]
    public void Compress_UnevenBytesWithoutRepetitions_AreCodedByFrequencyAlone()
    {
        var base64 = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(Content.Random(3 * MiB)));
        var clock = new FakeClock(TimeSpan.FromMilliseconds(100));
        var (gzip, result) = Compress(base64, new GzipBudget { Clock = clock });
        Assert.Equal(6, result.MeanLevel);
        Assert.InRange(gzip.Length, 0.75 * base64.Length, 0.76 * base64.Length);
        AssertSame(base64, Read(gzip, base64.Length));
    }

    [Fact]
    public void Job_TwoThreads_WriteTheSameMembersAsOne()
    {
        var plain = Content.HalfRandom((4 * MiB) + 99);
        var budget = new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) };
        var destination = new byte[GzipBlocks.MaxCompressedLength(plain.Length)];
        var job = new GzipJob(plain, destination, budget);
        Assert.Equal(5, job.Blocks);
        // The other one takes one block, and the first is through with what is left.
        var asked = 0;
        var other = new Thread(() => job.Work(() => asked++ > 0));
        other.Start();
        other.Join();
        job.Work(() => false);
        var result = job.Finish();
        Assert.Equal(Compress(plain, budget).Gzip, destination[..result.Length]);
    }

    [Fact]
    public void Job_NobodyWorked_IsNotFinished()
    {
        var job = new GzipJob(Content.Text(100), new byte[300], GzipBudget.Default);
        job.Work(() => true);
        Assert.Throws<InvalidOperationException>(() => job.Finish());
    }

    [Fact]
    public void Pace_TwoThreads_ReachAHigherLevelThanOne()
    {
        // Level 6 takes 4 ms a block, and there are 28.5 ms: for one thread that is level 5, for two it is 6.
        var outlooks = Enumerable.Repeat(new BlockOutlook(true, true, 0.5, TimeSpan.TicksPerMillisecond), 9).ToArray();
        var budget = new GzipBudget { PerChunk = TimeSpan.FromMilliseconds(30), Clock = new FakeClock(TimeSpan.Zero) };
        var alone = new GzipPace(budget, outlooks, 0);
        Assert.Equal(5, alone.Level(outlooks[0], alone.Join()));
        var pair = new GzipPace(budget, outlooks, 0);
        var turn = pair.Join();
        pair.Join();
        Assert.Equal(6, pair.Level(outlooks[0], turn));
        pair.Leave();
        pair.Measured(outlooks[0], 6, 2 * 4 * TimeSpan.TicksPerMillisecond);
        // Twice as slow as the samples said: 8 blocks at level 3 take 36 ms, at level 2 28 ms.
        Assert.Equal(2, pair.Level(outlooks[1], turn));
    }

    [Fact]
    public void Compress_Incompressible_IsStoredWithoutADeflateCall()
    {
        var clock = new FakeClock(TimeSpan.FromMilliseconds(1));
        var (gzip, result) = Compress(Content.Random(10 * MiB), new GzipBudget { Clock = clock });
        Assert.Equal(GzipBlocks.MaxCompressedLength(10 * MiB), gzip.Length);
        Assert.Equal(0, result.MeanLevel);
        // Before and after the samples, and when the one thread joins.
        Assert.Equal(3, clock.Looks);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(30)]
    public void Compress_AnyMachine_ExceedsTheBudgetAtLevelOneOnly(double millisecondsALook)
    {
        // A look before and after each sample and each block: every sample says 32 times what the block then takes, so the first block is
        // at level 1, and the others at whatever is learnt from it.
        var clock = new FakeClock(TimeSpan.FromMilliseconds(millisecondsALook));
        var (gzip, result) = Compress(Content.Text(10 * MiB), new GzipBudget { Clock = clock });
        Assert.InRange(result.MeanLevel, 1, 6);
        Assert.True(gzip.Length < 5 * MiB);
        Assert.Equal(millisecondsALook >= 6, result.MeanLevel == 1);
    }

    [Fact]
    public void Compress_HalfOfTheBlocksIncompressible_SpendsTheTimeOnTheOthers()
    {
        var plain = Content.Random(8 * MiB);
        for (var block = 0; block < 8; block += 2)
            Content.Text(MiB).CopyTo(plain, block * MiB);
        var (gzip, result) = Compress(plain, new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) });
        Assert.Equal(6, result.MeanLevel);
        AssertSame(plain, Read(gzip, plain.Length));
    }

    [Theory]
    [InlineData(GzipBlocks.MaxPlainLength + 1)]
    [InlineData(-1)]
    public void MaxCompressedLength_MoreThanAChunk_IsRefused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => GzipBlocks.MaxCompressedLength(length));

    [Fact]
    public void Compress_ShortDestination_IsRefused() =>
        Assert.Throws<ArgumentException>(() => GzipBlocks.Compress(new byte[100], new byte[202]));

    [Fact]
    public void Compress_TheSameTwice_GivesTheSameBytes()
    {
        var budget = new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) };
        Assert.Equal(Compress(Content.Text(MiB), budget).Gzip, Compress(Content.Text(MiB), budget).Gzip);
    }

    [Fact]
    public void Budget_OutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GzipBudget { PerChunk = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new GzipBudget { PerChunk = TimeSpan.FromMinutes(2) });
    }

    [Fact]
    public void ContentSample_RandomAndNot_AreToldApart()
    {
        foreach (var length in new[] { 32 * 1024, 100_000, MiB })
        {
            Assert.True(LooksIncompressible(Content.Random(length)));
            Assert.False(LooksIncompressible(Content.Text(length)));
            Assert.False(LooksIncompressible(new byte[length]));
            Assert.False(LooksIncompressible([.. Content.Random(length).Select(value => (byte)(value & 0x7F))]));
            Assert.False(LooksIncompressible(Content.Repeated(length, 1000)));
        }
        // Half of each piece in another content is enough to try.
        Assert.False(LooksIncompressible(Content.HalfRandom(MiB)));
        Assert.False(LooksIncompressible(Content.Random(32 * 1024 - 1)));
    }

    private static bool LooksIncompressible(byte[] block) => !BlockOutlook.Of(block, new byte[MiB], new FakeClock(TimeSpan.Zero)).Shrinks;

    internal static byte[] Read(byte[] gzip, long plainLength)
    {
        using var stream = GzipBlocks.OpenRead(new MemoryStream(gzip), plainLength);
        var plain = new MemoryStream();
        stream.CopyTo(plain, 10_000);
        return plain.ToArray();
    }

    // Compares megabytes faster than the assertion, which would show them.
    private static void AssertSame(byte[] expected, byte[] actual) =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), "The plain bytes differ.");

    private static (byte[] Gzip, GzipResult Result) Compress(byte[] plain, GzipBudget budget)
    {
        var destination = new byte[GzipBlocks.MaxCompressedLength(plain.Length)];
        RandomNumberGenerator.Fill(destination);
        var result = GzipBlocks.Compress(plain, destination, budget);
        return (destination[..result.Length], result);
    }

    /// <summary>A clock that goes on by a fixed time whenever it is looked at.</summary>
    private sealed class FakeClock(TimeSpan perLook) : TimeProvider
    {
        public int Looks { get; private set; }
        public TimeSpan Elapsed => perLook * Looks;
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => (perLook * Looks++).Ticks;
    }
}
