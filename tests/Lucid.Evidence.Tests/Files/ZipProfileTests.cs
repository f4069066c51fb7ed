using Lucid.Evidence.Files;

namespace Lucid.Evidence.Tests.Files;

public sealed class ZipProfileTests
{
    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    [Fact]
    public void LocalHeader_OfAChunk_IsTheseBytes() =>
        Assert.Equal(
            "504b0304" + "0a00" + "0000" + "0000" + "0000" + "2100" + "78563412" + "03000000" + "03000000" + "1100" + "0000" +
            "6368756e6b732f30303030303030303037",
            Hex(ZipProfile.LocalHeader(new EvidenceEntry(EvidencePart.Chunk, 7, 3, 0x12345678, 99))));

    [Fact]
    public void CentralHeader_BelowFourGibibytes_IsTheseBytes() =>
        Assert.Equal(
            "504b0102" + "2d03" + "0a00" + "0000" + "0000" + "0000" + "2100" + "78563412" + "03000000" + "03000000" + "0d00" + "0000" + "0000" +
            "0000" + "0000" + "0000a481" + "feffffff" + "6d616e69666573742e6a736f6e",
            Hex(ZipProfile.CentralHeader(new EvidenceEntry(EvidencePart.Manifest, 0, 3, 0x12345678, 0xFFFFFFFE))));

    [Theory]
    [InlineData(0xFFFFFFFF, "ffffffff00000000")]
    [InlineData(0x1_0000_0005, "0500000001000000")]
    public void CentralHeader_FromFourGibibytesOn_HasTheOffsetInZip64(long offset, string hex) =>
        Assert.Equal(
            "504b0102" + "2d03" + "2d00" + "0000" + "0000" + "0000" + "2100" + "78563412" + "03000000" + "03000000" + "0d00" + "0c00" + "0000" +
            "0000" + "0000" + "0000a481" + "ffffffff" + "6d616e69666573742e6a736f6e" + "0100" + "0800" + hex,
            Hex(ZipProfile.CentralHeader(new EvidenceEntry(EvidencePart.Manifest, 0, 3, 0x12345678, offset))));

    [Fact]
    public void End_OfASmallFile_IsTheseBytes() =>
        Assert.Equal("504b0506" + "0000" + "0000" + "feff" + "feff" + "feffffff" + "fdffffff" + "0000", Hex(ZipProfile.End(65_534, 0xFFFFFFFD, 0xFFFFFFFE)));

    [Fact]
    public void End_OfManyEntries_HasTheCountInZip64() =>
        Assert.Equal(
            "504b0606" + "2c00000000000000" + "2d03" + "2d00" + "00000000" + "00000000" + "ffff000000000000" + "ffff000000000000" +
            "2000000000000000" + "1000000000000000" +
            "504b0607" + "00000000" + "3000000000000000" + "01000000" +
            "504b0506" + "0000" + "0000" + "ffff" + "ffff" + "20000000" + "10000000" + "0000",
            Hex(ZipProfile.End(65_535, 0x10, 0x20)));

    [Theory]
    [InlineData(10, 0xFFFFFFFF, 1)]
    [InlineData(10, 1, 0xFFFFFFFF)]
    [InlineData(1_000_000, 0x5_0000_0000, 0x1_0000_0000)]
    public void End_OfALargeFile_SaysSeeZip64InEachFieldThatIsTooSmall(long entries, long offset, long length)
    {
        var end = ZipProfile.End(entries, offset, length);
        Assert.Equal(ZipProfile.Zip64EndLength + ZipProfile.Zip64LocatorLength + ZipProfile.EndLength, end.Length);
        Assert.Equal((entries, length, offset), (BitConverter.ToInt64(end, 32), BitConverter.ToInt64(end, 40), BitConverter.ToInt64(end, 48)));
        var plain = end.AsSpan(^ZipProfile.EndLength..);
        Assert.Equal(
            (Math.Min(entries, 0xFFFF), Math.Min(length, 0xFFFFFFFF), Math.Min(offset, 0xFFFFFFFF)),
            (BitConverter.ToUInt16(plain[10..]), BitConverter.ToUInt32(plain[12..]), BitConverter.ToUInt32(plain[16..])));
    }
}
