using System.Text;
using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class KeyFileTests
{
    private const string Head = "lucid.key/1\n0198c0de-0000-7000-8000-00000000abcd\n";
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly Guid s_session = Guid.Parse("0198c0de-0000-7000-8000-00000000abcd");

    [Fact]
    public void ForSession_WrittenAndRead_OpensEveryChunk()
    {
        using var key = SessionKey.Generate();
        using var file = KeyFile.ForSession(s_session, key);
        using var again = KeyFile.Parse(file.ToBytes());
        Assert.True(again.IsWhole);
        Assert.Empty(again.Chunks);
        Assert.Equal(s_session, again.Session);
        Assert.Equal(key.Export(), again.SessionKey!.Export());
        Assert.Equal(key.ChunkKey(s_session, 12), again.ChunkKey(12));
    }

    [Fact]
    public void ForChunks_WrittenAndRead_OpensThoseChunksOnly()
    {
        using var key = SessionKey.Generate();
        using var file = KeyFile.ForChunks(s_session, key, [10, 2, ulong.MaxValue, 2]);
        using var again = KeyFile.Parse(file.ToBytes());
        Assert.False(again.IsWhole);
        Assert.Null(again.SessionKey);
        Assert.Equal([2, 10, ulong.MaxValue], again.Chunks);
        Assert.Equal(key.ChunkKey(s_session, 10), again.ChunkKey(10));
        Assert.Null(again.ChunkKey(3));
        Assert.Equal(file.ToBytes(), again.ToBytes());
    }

    [Fact]
    public void ForChunks_None_IsRefused()
    {
        using var key = SessionKey.Generate();
        Assert.Throws<ArgumentException>(() => KeyFile.ForChunks(s_session, key, []));
    }

    [Fact]
    public void Bytes_AreTheFormat()
    {
        var text = $"{Head}chunk 0 {Hex}\nchunk 18446744073709551615 {Hex}\n";
        using var file = KeyFile.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, Encoding.UTF8.GetString(file.ToBytes()));
        text = $"{Head}session {Hex}\n";
        using var whole = KeyFile.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, Encoding.UTF8.GetString(whole.ToBytes()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("lucid.key/2\n0198c0de-0000-7000-8000-00000000abcd\nsession {hex}\n")]
    [InlineData("session {hex}\n")]
    [InlineData("lucid.key/1\nsession {hex}\n")]
    [InlineData("lucid.key/1\n0198C0DE-0000-7000-8000-00000000ABCD\nsession {hex}\n")]
    [InlineData("{head}")]
    [InlineData("{head}\n")]
    [InlineData("{head}session {hex}")]
    [InlineData("{head}session {hex}\r\n")]
    [InlineData("{head}session  {hex}\n")]
    [InlineData("{head}session {hex} \n")]
    [InlineData("{head}session {hex}0\n")]
    [InlineData("{head}session {HEX}\n")]
    [InlineData("{head}session {hex}\nsession {hex}\n")]
    [InlineData("{head}session {hex}\nchunk 0 {hex}\n")]
    [InlineData("{head}chunk 0 {hex}\nsession {hex}\n")]
    [InlineData("{head}chunk 0 {hex}\n\n")]
    [InlineData("{head}chunk 1 {hex}\nchunk 1 {hex}\n")]
    [InlineData("{head}chunk 2 {hex}\nchunk 1 {hex}\n")]
    [InlineData("{head}chunk 0 {hex}\nchunk 0 {hex}\n")]
    [InlineData("{head}chunk 01 {hex}\n")]
    [InlineData("{head}chunk +1 {hex}\n")]
    [InlineData("{head}chunk -0 {hex}\n")]
    [InlineData("{head}chunk  {hex}\n")]
    [InlineData("{head}chunk 18446744073709551616 {hex}\n")]
    [InlineData("{head}chunk 1 {HEX}\n")]
    [InlineData("{head}chunk 1\n")]
    public void Parse_WhatWeWouldNotHaveWritten_IsRefusedWithoutShowingAKey(string pattern)
    {
        var text = pattern.Replace("{head}", Head).Replace("{hex}", Hex).Replace("{HEX}", Hex.ToUpperInvariant());
        var failure = Assert.Throws<MalformedException>(() => KeyFile.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.DoesNotContain("0123456789", failure.Message, StringComparison.Ordinal);
    }
}
