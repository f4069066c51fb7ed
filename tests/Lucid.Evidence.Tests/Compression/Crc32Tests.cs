using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Tests.Compression;

public sealed class Crc32Tests
{
    [Fact]
    public void Of_TheCheckString_IsTheCatalogueValue() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    [Fact]
    public void Of_Nothing_IsZero() => Assert.Equal(0u, Crc32.Of([]));

    [Theory]
    [InlineData(0xEDB88320)]
    [InlineData(0x82F63B78)]
    public void Of_EveryLengthAndAlignment_IsTheBitByBitValue(uint polynomial)
    {
        var crc = new ReflectedCrc(polynomial);
        var data = new byte[1300];
        new Random(1).NextBytes(data);
        for (var start = 0; start < 17; start++)
        {
            for (var length = 0; length < 1200; length += start == 0 ? 1 : 7)
            {
                var part = data.AsSpan(start, length);
                var expected = BitByBit(polynomial, part);
                Assert.Equal(expected, ~crc.Append(uint.MaxValue, part));
                Assert.Equal(expected, ~crc.AppendTables(uint.MaxValue, part));
                Assert.Equal(expected, polynomial == 0x82F63B78 ? Crc32c.Of(part) : Crc32.Of(part));
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

    private static uint BitByBit(uint polynomial, ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ polynomial : crc >> 1;
        }
        return ~crc;
    }
}
