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
        Assert.Equal(0, result.IncompressibleBytes);
        Assert.True(gzip.Length < 3 * MiB / 2);
    }

    [Fact]
    public void Compress_NoTime_StoresEverything()
    {
        var budget = new GzipBudget { PerChunk = TimeSpan.Zero, Clock = new FakeClock(TimeSpan.Zero) };
        var (gzip, result) = Compress(Content.Text(2 * MiB), budget);
        Assert.Equal(0, result.MeanLevel);
        Assert.Equal(0, result.IncompressibleBytes);
        Assert.Equal(GzipBlocks.MaxCompressedLength(2 * MiB), gzip.Length);
    }

    [Fact]
    public void Compress_Incompressible_IsStoredWithoutADeflateCall()
    {
        var clock = new FakeClock(TimeSpan.FromMilliseconds(1));
        var (gzip, result) = Compress(Content.Random(10 * MiB), new GzipBudget { Clock = clock });
        Assert.Equal(GzipBlocks.MaxCompressedLength(10 * MiB), gzip.Length);
        Assert.Equal(10 * MiB, result.IncompressibleBytes);
        Assert.Equal(0, result.MeanLevel);
        Assert.Equal(1, clock.Looks);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Compress_SlowMachine_EndsWithinTheBudgetAndOneSlice(double millisecondsALook)
    {
        var clock = new FakeClock(TimeSpan.FromMilliseconds(millisecondsALook));
        var text = Content.Text(MiB);
        var plain = new byte[10 * MiB];
        for (var block = 0; block < 10; block++)
            text.CopyTo(plain, block * MiB);
        var (gzip, result) = Compress(plain, new GzipBudget { Clock = clock });
        // A look per slice, and one or two per block that finds no more time.
        Assert.True(
            clock.Elapsed.TotalMilliseconds <= 80 + (30 * millisecondsALook),
            $"{clock.Elapsed.TotalMilliseconds} ms of 80, mean level {result.MeanLevel}");
        Assert.InRange(result.MeanLevel, 0, 6);
        AssertSame(plain, Read(gzip, plain.Length));
    }

    [Fact]
    public void Compress_HalfOfTheBlocksIncompressible_SpendsTheTimeOnTheOthers()
    {
        var plain = Content.Random(8 * MiB);
        for (var block = 0; block < 8; block += 2)
            Content.Text(MiB).CopyTo(plain, block * MiB);
        var (gzip, result) = Compress(plain, new GzipBudget { Clock = new FakeClock(TimeSpan.Zero) });
        Assert.Equal(4 * MiB, result.IncompressibleBytes);
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
            Assert.True(ContentSample.LooksIncompressible(Content.Random(length)));
            Assert.False(ContentSample.LooksIncompressible(Content.Text(length)));
            Assert.False(ContentSample.LooksIncompressible(new byte[length]));
            Assert.False(ContentSample.LooksIncompressible([.. Content.Random(length).Select(value => (byte)(value & 0x7F))]));
            Assert.False(ContentSample.LooksIncompressible(Content.Repeated(length, 1000)));
        }
        // Half of each piece in another content is enough to try.
        Assert.False(ContentSample.LooksIncompressible(Content.HalfRandom(MiB)));
        Assert.False(ContentSample.LooksIncompressible(Content.Random(32 * 1024 - 1)));
    }

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
