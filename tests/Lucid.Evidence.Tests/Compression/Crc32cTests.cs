using Lucid.Evidence.Compression;

namespace Lucid.Evidence.Tests.Compression;

public sealed class Crc32cTests
{
    /// <summary>The catalogue's check value, and those of RFC 3720, appendix B.4.</summary>
    [Fact]
    public void Of_KnownContent_IsThePublishedValue()
    {
        Assert.Equal(0xE3069283u, Crc32c.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32c.Of(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32c.Of([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
        Assert.Equal(0u, Crc32c.Of([]));
    }

    [Fact]
    public void ContentDigest_IsTheCrcHighestByteFirst() => Assert.Equal("crc32c=:4waSgw==:", Crc32c.ContentDigestOf("123456789"u8));
}
