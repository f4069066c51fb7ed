using System.Text;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class LeafTests
{
    private const string ChunkText =
        "lucid.leaf/1\n0199c0de-1234-7abc-8def-0123456789ab\n3\n0\n15000\n20000\ngzip\n1048576\n1049000\n" +
        "d7e36c7d72c0dab32c028b180f31b606636a11983e23976cb27652b4461686e5\n";

    private const string GapText = "lucid.gap/1\n0199c0de-1234-7abc-8def-0123456789ab\n4\n1\n20000\n26500\nnode_down\n";

    [Fact]
    public void Encode_AChunk_IsTheseBytes() =>
        Assert.Equal(ChunkText, Encoding.UTF8.GetString(SampleRecords.Chunk().Encode()));

    [Fact]
    public void Encode_AGap_IsTheseBytes() => Assert.Equal(GapText, Encoding.UTF8.GetString(SampleRecords.Gap().Encode()));

    [Fact]
    public void Parse_WhatWasEncoded_IsTheSameLeaf()
    {
        Assert.Equal(SampleRecords.Chunk(), Leaf.Parse(SampleRecords.Chunk().Encode()));
        foreach (var cause in Enum.GetValues<GapCause>())
            Assert.Equal(SampleRecords.Gap() with { Cause = cause }, Leaf.Parse((SampleRecords.Gap() with { Cause = cause }).Encode()));
    }

    [Theory]
    [InlineData("lucid.leaf/1", "lucid.leaf/2")]
    [InlineData("0199c0de", "0199C0DE")]
    [InlineData("\n3\n", "\n03\n")]
    [InlineData("\n3\n", "\n10000000000\n")]
    [InlineData("\n3\n0\n", "\n3\n256\n")]
    [InlineData("15000", "20001")]
    [InlineData("20000", "9007199254740992")]
    [InlineData("gzip", "zstd")]
    [InlineData("1048576", "10485761")]
    [InlineData("1049000", "0")]
    [InlineData("1049000", "11534337")]
    [InlineData("d7e3", "D7E3")]
    [InlineData("86e5\n", "86e5")]
    [InlineData("86e5\n", "86e5\n\n")]
    [InlineData("gzip\n", "gzip\r\n")]
    public void Parse_AChunkThatNobodyWouldWrite_IsRefused(string part, string altered)
    {
        Assert.Contains(part, ChunkText);
        Assert.Throws<MalformedException>(() => Leaf.Parse(Encoding.UTF8.GetBytes(ChunkText.Replace(part, altered))));
    }

    [Theory]
    [InlineData("node_down", "nodedown")]
    [InlineData("node_down", "")]
    [InlineData("node_down\n", "node_down\nx\n")]
    public void Parse_AGapThatNobodyWouldWrite_IsRefused(string part, string altered) =>
        Assert.Throws<MalformedException>(() => Leaf.Parse(Encoding.UTF8.GetBytes(GapText.Replace(part, altered))));

    [Fact]
    public void Encode_ValuesOutOfRange_IsABug()
    {
        foreach (var leaf in new Leaf[]
        {
            SampleRecords.Chunk() with { Index = Leaf.MaxIndex + 1 },
            SampleRecords.Chunk() with { Track = 256 },
            SampleRecords.Chunk() with { EndMs = 14_999 },
            SampleRecords.Chunk() with { Codec = "zip" },
            SampleRecords.Chunk() with { PlainLength = -1 },
            SampleRecords.Chunk() with { CipherLength = 0 },
        })
            Assert.Throws<InvalidOperationException>(leaf.Encode);
    }

    [Fact]
    public void Encode_TheLongestLeaf_FitsItsBound()
    {
        var longest = new ChunkLeaf(
            SampleRecords.Session, Leaf.MaxIndex, Leaf.MaxTrack, Leaf.MaxMs, Leaf.MaxMs, ChunkCodec.Gzip, ChunkLeaf.MaxPlainLength,
            ChunkLeaf.MaxCipherLength, Hash256.Zero);
        Assert.InRange(longest.Encode().Length, 1, Leaf.MaxEncodedLength);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void LeafReader_AnyPieces_GivesTheSameLeaves(int piece)
    {
        Leaf[] leaves = [SampleRecords.Gap(0), SampleRecords.Chunk(0), SampleRecords.Chunk(1), SampleRecords.Gap(2)];
        byte[] bytes = [.. leaves.SelectMany(leaf => leaf.Encode())];
        var reader = new LeafReader();
        var read = new List<Leaf>();
        for (var at = 0; at < bytes.Length; at += piece)
        {
            reader.Append(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            while (reader.TryRead(out var leaf, out var own))
            {
                Assert.Equal(leaf.Encode(), own.ToArray());
                read.Add(leaf);
            }
        }
        reader.End();
        Assert.Equal(leaves, read);
    }

    [Fact]
    public void LeafReader_ACutOffLeaf_IsRefusedWithItsLine()
    {
        var reader = new LeafReader();
        reader.Append([.. SampleRecords.Chunk().Encode(), .. SampleRecords.Gap().Encode()[..^1]]);
        Assert.True(reader.TryRead(out _, out _));
        Assert.False(reader.TryRead(out _, out _));
        Assert.Contains("line 11", Assert.Throws<MalformedException>(reader.End).Message);
    }

    [Fact]
    public void LeafReader_EndlessLine_IsRefusedBeforeItIsCollected()
    {
        var reader = new LeafReader();
        reader.Append(new byte[Leaf.MaxEncodedLength]);
        Assert.Throws<MalformedException>(() => reader.TryRead(out _, out _));
    }
}
