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
    public void OpenRead_HeaderWithEveryField_IsSkipped()
    {
        var member = Member("lucid"u8);
        var header = new byte[] { 0x1F, 0x8B, 8, 0b11111, 1, 2, 3, 4, 5, 6, 3, 0, 9, 9, 9, (byte)'n', 0, (byte)'c', 0 };
        var crc = BitConverter.GetBytes((ushort)Crc32.Of(header));
        Assert.Equal("lucid"u8.ToArray(), GzipBlocksTests.Read([.. header, .. crc, .. member[10..]], 5));
        crc[0] ^= 1;
        AssertMalformed([.. header, .. crc, .. member[10..]], 5, "header of member 0");
    }

    [Fact]
    public void OpenRead_AnyCut_IsRefused()
    {
        byte[] gzip = [.. Member(Content.Text(600)), .. Member(Content.Random(500))];
        var first = Member(Content.Text(600)).Length;
        for (var length = 0; length < gzip.Length; length++)
        {
            // Cut between the members it is whole, but short of plain bytes.
            AssertMalformed(gzip[..length], 1100, length == first ? "1100 were expected" : "cut off");
        }
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

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(5000)]
    public void OpenRead_BytesAfterTheLastMember_AreRefused(int count) =>
        AssertMalformed([.. Member("lucid"u8), .. new byte[count]], 5, "something else follows");

    [Fact]
    public void OpenRead_AnotherPlainLength_IsRefused()
    {
        var gzip = Member(Content.Text(5000));
        AssertMalformed(gzip, 4999, "more than the 4999");
        AssertMalformed(gzip, 5001, "5001 were expected");
    }

    [Fact]
    public void OpenRead_Bomb_IsRefusedBeforeItGrows()
    {
        var gzip = Member(new byte[50_000_000]);
        using var stream = GzipBlocks.OpenRead(new MemoryStream(gzip), 1000);
        Assert.Throws<MalformedException>(() => stream.ReadByte());
        Assert.Throws<MalformedException>(() => stream.ReadByte());
    }

    [Fact]
    public void OpenRead_MatchIntoTheMemberBefore_IsRefused()
    {
        // A fixed block (bits 1, 01) with length 3 (0000001) at distance 1 (00000) and its end (0000000).
        byte[] deflate = [0b0000_0011, 0b0000_0010, 0, 0];
        byte[] member = [.. Member([])[..10], .. deflate, .. new byte[8]];
        AssertMalformed([.. Member(new byte[100]), .. member], 103, "reaches 1 bytes back, where 0");
    }

    // Deflate streams that are wrong in one way each, from the first byte of the first block on.
    [Theory]
    [InlineData("07", "reserved type")]
    [InlineData("0100000000", "complement")]
    [InlineData("010100fffe00", "complement")]
    [InlineData("fdff01", "announces")]
    [InlineData("05e081", "cut off")]
    [InlineData("1b03", "length code is reserved")]
    [InlineData("05009204", "prefix code")]
    public void OpenRead_WrongDeflate_IsRefusedWithTheReason(string hex, string reason)
    {
        byte[] gzip = [.. Member([])[..10], .. Convert.FromHexString(hex)];
        AssertMalformed(gzip, 100, reason);
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

    [Fact]
    public void OpenRead_NoMember_IsRefused() => AssertMalformed([], 0, "cut off");

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
