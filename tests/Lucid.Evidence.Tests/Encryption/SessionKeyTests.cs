using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class SessionKeyTests
{
    private static readonly Guid s_session = Guid.Parse("0198c0de-0000-7000-8000-00000000abcd");
    private static readonly byte[] s_bytes = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];

    [Fact]
    public void Derivations_EachInfo_IsTheFormatsOwn()
    {
        using var key = new SessionKey(s_bytes);
        Assert.Equal(
            Expand("lucid.chunk-key/1\n0198c0de-0000-7000-8000-00000000abcd\n18446744073709551615\n"), key.ChunkKey(s_session, ulong.MaxValue));
        Assert.Equal(Expand("lucid.key-commitment/1\n0198c0de-0000-7000-8000-00000000abcd\n"), key.Commitment(s_session).ToArray());
        Assert.Equal(Expand("lucid.plaintext-mac/1\n0198c0de-0000-7000-8000-00000000abcd\n"), key.PlaintextMacKey(s_session));
        Assert.Equal(
            "lucid.chunk/1\n0198c0de-0000-7000-8000-00000000abcd\n7\ngzip\n",
            Encoding.UTF8.GetString(SessionKey.ChunkContext(s_session, 7, "gzip")));
    }

    [Fact]
    public void ChunkKey_OtherIndexOrSession_IsAnotherKey()
    {
        using var key = SessionKey.Generate();
        var keys = new[]
        {
            key.ChunkKey(s_session, 1),
            key.ChunkKey(s_session, 11),
            key.ChunkKey(Guid.Empty, 1),
            key.PlaintextMacKey(s_session),
            key.Export(),
        };
        Assert.Equal(keys.Length, keys.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal).Count);
    }

    [Fact]
    public void Dispose_AndThenUse_IsRefused()
    {
        var key = new SessionKey(s_bytes);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.ChunkKey(s_session, 0));
        Assert.Throws<ObjectDisposedException>(key.Export);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Construct_AnotherLength_IsRefused(int length) => Assert.Throws<ArgumentException>(() => new SessionKey(new byte[length]));

    // One output block of HKDF-Expand is HMAC(key, info ‖ 0x01), here cut to 32 bytes.
    private static byte[] Expand(string info) => HMACSHA512.HashData(s_bytes, Encoding.UTF8.GetBytes(info + "\u0001"))[..32];
}
