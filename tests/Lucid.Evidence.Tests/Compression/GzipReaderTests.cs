using System.IO.Compression;
using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Tests.Compression;

public sealed class GzipReaderTests
{
    public static TheoryData<CompressionLevel> Levels =>
        [CompressionLevel.NoCompression, CompressionLevel.Fastest, CompressionLevel.Optimal, CompressionLevel.SmallestSize];

    [Theory]
    [MemberData(nameof(Levels))]
    public void OpenRead_MembersOfAnyLevelAndSize_AreTheirPlainBytes(CompressionLevel level)
    {
        var random = new Random((int)level);
        const int Length = 300_000;
        byte[][] contents =
            [Content.Text(Length), Content.Random(Length), Content.HalfRandom(Length), new byte[Length], Content.Repeated(Length, 32_768)];
        foreach (var content in contents)
        {
            var gzip = new MemoryStream();
            for (var done = 0; done < content.Length;)
            {
                var size = Math.Min(content.Length - done, random.Next(4) == 0 ? 0 : random.Next(200_000));
                gzip.Write(Member(content.AsSpan(done, size), level));
                done += size;
            }
            Assert.Equal(content, GzipBlocksTests.Read(gzip.ToArray(), content.Length));
        }
    }

    [Fact]
    public void OpenRead_EveryZlibStrategy_IsDecoded()
    {
        var content = Content.HalfRandom(200_000);
        foreach (var strategy in Enum.GetValues<ZLibCompressionStrategy>())
        {
            var gzip = new MemoryStream();
            var options = new ZLibCompressionOptions { CompressionLevel = 7, CompressionStrategy = strategy };
            using (var stream = new GZipStream(gzip, options, leaveOpen: true))
            {
                stream.Write(content.AsSpan(0, 100_000));
                stream.Flush();
                stream.Write(content.AsSpan(100_000));
            }
            Assert.Equal(content, GzipBlocksTests.Read(gzip.ToArray(), content.Length));
        }
    }

    [Fact]
    public void OpenRead_AnyCut_IsRefusedOrTheSame()
    {
        var content = Content.Text(600);
        byte[] gzip = [.. Member(content), .. Member(Content.Random(500))];
        for (var length = 0; length < gzip.Length - 8; length++)
            AssertMalformed(gzip[..length], 1100, "");
    }

    [Fact]
    public void OpenRead_AnyByteAltered_IsRefusedOrTheSame()
    {
        var content = Content.Text(500);
        var gzip = Member(content);
        for (var place = 0; place < gzip.Length; place++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                gzip[place] ^= (byte)(1 << bit);
                var failure = Record.Exception(() => Assert.Equal(content, GzipBlocksTests.Read(gzip, content.Length)));
                Assert.True(failure is MalformedException or null, $"byte {place}: {failure}");
                gzip[place] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void OpenRead_AnotherPlainLength_IsRefused()
    {
        var gzip = Member(Content.Text(5000));
        AssertMalformed(gzip, 4999, "more than the 4999");
        AssertMalformed(gzip, 5001, "5001 were expected");
    }

    [Fact]
    public void OpenRead_Bomb_IsRefusedAtTheExpectedLength()
    {
        var gzip = Member(new byte[50_000_000]);
        using var stream = GzipBlocks.OpenRead(new MemoryStream(gzip), 1000);
        stream.ReadExactly(new byte[1000]);
        Assert.Throws<MalformedException>(() => stream.ReadByte());
        Assert.Throws<MalformedException>(() => stream.ReadByte());
    }

    [Fact]
    public void OpenRead_RandomBytesAsDeflate_NeverFailsOtherwise()
    {
        var random = new Random(5);
        var header = Member([])[..10];
        for (var i = 0; i < 1000; i++)
        {
            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            Assert.Throws<MalformedException>(() => GzipBlocksTests.Read([.. header, .. noise], 1 + random.Next(100_000)));
        }
    }

    private static void AssertMalformed(byte[] gzip, long plainLength, string reason)
    {
        var failure = Assert.Throws<MalformedException>(() => GzipBlocksTests.Read(gzip, plainLength));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Member(ReadOnlySpan<byte> plain, CompressionLevel level = CompressionLevel.Optimal)
    {
        var gzip = new MemoryStream();
        using (var stream = new GZipStream(gzip, level, leaveOpen: true))
            stream.Write(plain);
        // Without any write, .NET writes nothing at all.
        return plain.Length > 0 ? gzip.ToArray() : [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }
}
