using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Tests.Compression;

public sealed class Crc32Tests
{
    [Fact]
    public void Of_TheCheckString_IsTheCatalogueValue() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    [Fact]
    public void Of_Nothing_IsZero() => Assert.Equal(0u, Crc32.Of([]));

    [Fact]
    public void Of_EveryLengthAndAlignment_IsTheBitByBitValue()
    {
        var data = new byte[1300];
        new Random(1).NextBytes(data);
        for (var start = 0; start < 17; start++)
        {
            for (var length = 0; length < 1200; length += start == 0 ? 1 : 7)
            {
                var expected = BitByBit(data.AsSpan(start, length));
                Assert.Equal(expected, Crc32.Of(data.AsSpan(start, length)));
                Assert.Equal(expected, ~Crc32.AppendTables(uint.MaxValue, data.AsSpan(start, length)));
            }
        }
    }

    [Fact]
    public void Append_AnyCut_IsTheValueOfTheWhole()
    {
        var data = new byte[5000];
        new Random(2).NextBytes(data);
        var whole = Crc32.Of(data);
        for (var cut = 0; cut <= data.Length; cut += 13)
            Assert.Equal(whole, Crc32.Append(Crc32.Of(data.AsSpan(0, cut)), data.AsSpan(cut)));
    }

    private static uint BitByBit(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
