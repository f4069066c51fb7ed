using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class PlaintextMacTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    // Computed with another implementation of AES-GCM and HMAC. Recorders store these values: a session that continues after an update must still know its chunks.
    [Theory]
    [InlineData("", "dad36629b40a82a6282bc1e4d6a6e84e73ba3d955efe1b7c394b0e7a9ba0120a")]
    [InlineData("lucid", "a03871ed2efbf4571744601bbc72dba48e260892e8425dcc3eb9a1d5fd9ea182")]
    public void Compute_FixedInput_IsTheValueOfTheFirstRelease(string plain, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(PlaintextMac.Compute(s_key, System.Text.Encoding.UTF8.GetBytes(plain))));

    [Fact]
    public void Compute_AnyBitLengthOrKeyChanged_IsAnotherValue()
    {
        var plain = new byte[1000];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        void AddNew(byte[] key, byte[] data) => Assert.True(seen.Add(Convert.ToHexString(PlaintextMac.Compute(key, data))));
        AddNew(s_key, plain);
        for (var bit = 0; bit < 8 * plain.Length; bit += 7)
        {
            plain[bit / 8] ^= (byte)(1 << (bit % 8));
            AddNew(s_key, plain);
            plain[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        AddNew(s_key, new byte[999]);
        AddNew(s_key, new byte[1001]);
        AddNew(s_key, new byte[1008]);
        AddNew(new byte[32], plain);
        Assert.False(seen.Add(Convert.ToHexString(PlaintextMac.Compute(s_key, plain))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(64)]
    public void Compute_KeyOfAnotherSize_IsRefused(int size) => Assert.Throws<ArgumentException>(() => PlaintextMac.Compute(new byte[size], []));
}
