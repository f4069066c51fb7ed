using Lucid.Evidence.Tiles;

namespace Lucid.Evidence.Tests.Tiles;

public sealed class TilePathTests
{
    [Theory]
    [InlineData("tile/0/000", 0, 0UL, 256)]
    [InlineData("tile/0/x001/x234/067", 0, 1234067UL, 256)]
    [InlineData("tile/0/x001/x234/067.p/5", 0, 1234067UL, 5)]
    [InlineData("tile/7/999.p/255", 7, 999UL, 255)]
    [InlineData("tile/63/x001/000.p/1", 63, 1000UL, 1)]
    [InlineData("tile/0/x072/x057/x594/x037/x927/935", 0, ulong.MaxValue >> 8, 256)]
    public void Parse_PathOfATile_IsTheTileAndItsOnlySpelling(string text, int level, ulong index, int width)
    {
        Assert.Equal(TilePath.Hashes(level, index, width), TilePath.Parse(text));
        Assert.Equal(text, TilePath.Parse(text).ToString());
    }

    [Theory]
    [InlineData("tile/entries/000", 0UL, 256)]
    [InlineData("tile/entries/x001/x234/067.p/5", 1234067UL, 5)]
    public void Parse_PathOfABundle_IsTheBundleAndItsOnlySpelling(string text, ulong index, int width)
    {
        Assert.Equal(TilePath.Entries(index, width), TilePath.Parse(text));
        Assert.True(TilePath.Parse(text).IsEntries);
        Assert.Equal(text, TilePath.Parse(text).ToString());
        Assert.NotEqual(TilePath.Hashes(0, index, width), TilePath.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000/")]
    [InlineData("tile/00/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/+1/000")]
    [InlineData("tile/Entries/000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000")]
    [InlineData("tile/0/x000/000")]
    [InlineData("tile/0/001/000")]
    [InlineData("tile/0/X001/000")]
    [InlineData("tile/0/ 01")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/05")]
    [InlineData("tile/0/000.p/5/")]
    [InlineData("tile/0/000/5")]
    [InlineData("tile/0/.p/5")]
    [InlineData("tile/0/000.p/001.p/5")]
    [InlineData("tile/0/x072/x057/x594/x037/x927/936")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/001")]
    [InlineData("tile/0/../000")]
    public void Parse_AnyOtherText_IsRefused(string text)
    {
        Assert.False(TilePath.TryParse(text, out _));
        Assert.Throws<MalformedException>(() => TilePath.Parse(text));
    }

    [Fact]
    public void Parse_ManyPathsFromASeed_GivesThemBack()
    {
        var random = new Random(256);
        for (var round = 0; round < 2000; round++)
        {
            var index = (ulong)random.NextInt64() >> random.Next(7, 63);
            var width = random.Next(1, 257);
            var path = random.Next(5) == 0 ? TilePath.Entries(index, width) : TilePath.Hashes(random.Next(64), index, width);
            Assert.Equal(path, TilePath.Parse(path.ToString()));
        }
    }
}
