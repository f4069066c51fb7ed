using Lucid.Evidence.Merkle;
using Lucid.Evidence.Tests.Merkle;
using Lucid.Evidence.Tiles;

namespace Lucid.Evidence.Tests.Tiles;

public sealed class TileLayoutTests
{
    [Fact]
    public void Tiles_OfTheSpecificationsExample_AreAsItSays()
    {
        var tiles = TileLayout.Tiles(70_000).ToList();
        Assert.Equal(273, tiles.Count(tile => tile is { Level: 0, IsPartial: false }));
        Assert.Equal(1, tiles.Count(tile => tile is { Level: 1, IsPartial: false }));
        Assert.Equal("tile/0/273.p/112 tile/1/001.p/17 tile/2/000.p/1", string.Join(' ', tiles.Where(tile => tile.IsPartial)));
        Assert.Equal(273 + 1 + 3, tiles.Count);
    }

    [Theory]
    [InlineData(0UL, "")]
    [InlineData(1UL, "tile/0/000.p/1")]
    [InlineData(255UL, "tile/0/000.p/255")]
    [InlineData(256UL, "tile/0/000 tile/1/000.p/1")]
    [InlineData(257UL, "tile/0/000 tile/0/001.p/1 tile/1/000.p/1")]
    public void Tiles_OfASize_AreTheseAndNoEmptyOne(ulong size, string expected) =>
        Assert.Equal(expected, string.Join(' ', TileLayout.Tiles(size)));

    [Fact]
    public void Bundles_OfASize_AreTheTilesOfLevelZero() =>
        Assert.Equal("tile/entries/000 tile/entries/001.p/44", string.Join(' ', TileLayout.Bundles(300)));

    [Fact]
    public void NewTiles_StepByStepFromASeed_AddUpToTheTilesOfTheLastSize()
    {
        var random = new Random(8);
        for (var round = 0; round < 20; round++)
        {
            var published = new HashSet<TilePath>();
            var bundles = new HashSet<TilePath>();
            ulong size = 0;
            while (size < 140_000)
            {
                var next = size + (ulong)random.Next(1, 20_000);
                foreach (var tile in TileLayout.NewTiles(size, next))
                    Assert.True(published.Add(tile), $"{tile} is published again at {next}");
                foreach (var bundle in TileLayout.NewBundles(size, next))
                    Assert.True(bundles.Add(bundle), $"{bundle} is published again at {next}");
                size = next;
                Assert.Superset(TileLayout.Tiles(size).ToHashSet(), published);
                Assert.Superset(TileLayout.Bundles(size).ToHashSet(), bundles);
            }
        }
        Assert.Empty(TileLayout.NewTiles(300, 300));
        Assert.Throws<ArgumentOutOfRangeException>(() => TileLayout.NewTiles(2, 1));
    }

    [Theory]
    [InlineData(0, (ulong.MaxValue >> 8) - 1, 256)]
    [InlineData(0, ulong.MaxValue >> 8, 255)]
    [InlineData(7, 0UL, 255)]
    [InlineData(7, 1UL, 0)]
    [InlineData(8, 0UL, 0)]
    [InlineData(63, 0UL, 0)]
    [InlineData(0, ulong.MaxValue, 0)]
    public void Width_InTheLargestLog_IsNotOverflown(int level, ulong index, int width) =>
        Assert.Equal(width, TileLayout.Width(level, index, ulong.MaxValue));

    [Fact]
    public void Nodes_OfWrittenTiles_AreThoseOfTheTree()
    {
        var tree = new MerkleTree(NaiveTree.Leaves(70_000));
        var tiles = TileLayout.Tiles(tree.Size).ToDictionary(
            path => (path.Level, path.Index), path => HashTile.Parse(HashTile.Write(path, tree.Nodes), path.Width));
        var nodes = HashTile.Nodes((level, index) => tiles[(level, index)]);
        for (var level = 0; tree.Size >> level != 0; level++)
        {
            for (ulong index = 0; index < tree.Size >> level; index += 1 + (index / 50))
                Assert.Equal(tree.Nodes(level, index), nodes(level, index));
        }
    }

    [Fact]
    public void Write_PathOfNoTile_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => HashTile.Write(TilePath.Entries(0), UniformTree.Nodes));
        Assert.Throws<ArgumentException>(() => HashTile.Write(TilePath.Hashes(8, 0), UniformTree.Nodes));
        Assert.Throws<MalformedException>(() => HashTile.Parse(new byte[33], 1));
    }
}
