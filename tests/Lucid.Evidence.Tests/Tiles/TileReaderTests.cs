using System.Buffers;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Tiles;

namespace Lucid.Evidence.Tests.Tiles;

public sealed class TileReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(5000)]
    [InlineData(65_536)]
    [InlineData(70_000)]
    public async Task Prove_AnyIndexAndEarlierSize_GivesWhatTheTreeGives(int size)
    {
        var log = new PublishedLog(size);
        var reader = log.Reader();
        var random = new Random(size);
        for (var round = 0; round < 30; round++)
        {
            var index = (ulong)random.Next(size);
            Assert.Equal(log.Tree.ProveInclusion(index), await reader.ProveInclusionAsync(index));
            Assert.Equal(log.Tree.Nodes(0, index), await reader.LeafHashAsync(index));
            Assert.Equal(log.Tree.ProveConsistency(index + 1), await reader.ProveConsistencyAsync(index + 1));
            Assert.Equal(log.Tree.Root(index), await reader.RootAsync(index));
        }
    }

    [Fact]
    public async Task Entries_OfEachBundle_AreTheLogs()
    {
        var log = new PublishedLog(600);
        var reader = log.Reader();
        var entries = new List<byte[]>();
        for (ulong bundle = 0; bundle < 3; bundle++)
            entries.AddRange((await reader.EntriesAsync(bundle)).Select(entry => entry.ToArray()));
        Assert.Equal(Enumerable.Range(0, 600).Select(PublishedLog.Entry), entries);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.EntriesAsync(3));
    }

    [Fact]
    public async Task Prove_PartialTilesDropped_ReadsTheFullOnesInstead()
    {
        // The log has grown since: everything partial then is full now.
        var (then, now) = (new PublishedLog(70_000), new PublishedLog(70_000));
        foreach (var path in then.Files.Keys.Where(path => path.IsPartial).ToList())
            now.Files.Remove(path);
        var later = new PublishedLog(2 * 65_536);
        foreach (var (path, bytes) in later.Files.Where(file => !file.Key.IsPartial))
            now.Files[path] = bytes;
        now.Files[TilePath.Hashes(2, 0)] = [.. then.Files[TilePath.Hashes(2, 0, 1)], .. new byte[255 * 32]];

        var reader = now.Reader();

        Assert.Equal(then.Tree.ProveInclusion(69_999), await reader.ProveInclusionAsync(69_999));
        Assert.Equal(112, (await reader.EntriesAsync(273)).Length);
    }

    [Fact]
    public async Task Read_AnyTileOrBundleAltered_IsAMismatchThatNamesIt()
    {
        var log = new PublishedLog(66_000);
        string[] paths =
        [
            "tile/0/000", "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/000", "tile/entries/257.p/208",
        ];
        foreach (var path in paths)
        {
            var whole = log.Files[TilePath.Parse(path)];
            var altered = whole.ToArray();
            altered[^1] ^= 1;
            log.Files[TilePath.Parse(path)] = altered;

            var fault = await Assert.ThrowsAsync<TileException>(() => ReadAllAsync(log.Reader()));

            Assert.Equal(TileFault.Mismatch, fault.Fault);
            // A root that does not come out cannot say which of the partial tiles is to blame.
            var isEdge = TilePath.Parse(path) is { IsPartial: true, IsEntries: false };
            Assert.Equal(isEdge ? "tile/2/000.p/1" : path, fault.Path.ToString());
            log.Files[TilePath.Parse(path)] = whole;
        }
        await ReadAllAsync(log.Reader());
    }

    [Fact]
    public async Task Read_TileMissingOrCut_SaysWhich()
    {
        var log = new PublishedLog(600);
        log.Files[TilePath.Hashes(0, 1)] = log.Files[TilePath.Hashes(0, 1)][..^1];
        var cut = await Assert.ThrowsAsync<TileException>(() => log.Reader().LeafHashAsync(300));
        Assert.Equal((TileFault.Malformed, "tile/0/001"), (cut.Fault, cut.Path.ToString()));
        log.Files.Remove(TilePath.Hashes(0, 1));
        var missing = await Assert.ThrowsAsync<TileException>(() => log.Reader().LeafHashAsync(300));
        Assert.Equal((TileFault.Missing, "tile/0/001"), (missing.Fault, missing.Path.ToString()));
    }

    [Fact]
    public async Task Read_CheckpointOfAnotherTree_IsAMismatch()
    {
        var log = new PublishedLog(600);
        var other = new Checkpoint("other", 600, Hash256.Of("other"u8));
        var fault = await Assert.ThrowsAsync<TileException>(() => new TileReader(log.FetchAsync, other).LeafHashAsync(0));
        Assert.Equal(TileFault.Mismatch, fault.Fault);
    }

    [Fact]
    public async Task Read_BeyondTheCheckpoint_IsRefused()
    {
        var reader = new PublishedLog(5).Reader();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.LeafHashAsync(5));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.ProveInclusionAsync(5));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.ProveConsistencyAsync(6));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.ProveConsistencyAsync(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.RootAsync(6));
    }

    private static async Task ReadAllAsync(TileReader reader)
    {
        for (ulong bundle = 0; bundle <= (reader.Checkpoint.Size - 1) / 256; bundle++)
            await reader.EntriesAsync(bundle);
    }

    /// <summary>A log's files as it would serve them at one size.</summary>
    private sealed class PublishedLog
    {
        public PublishedLog(int size)
        {
            Tree = new MerkleTree(Enumerable.Range(0, size).Select(i => MerkleHash.Leaf(Entry(i))));
            foreach (var path in TileLayout.Tiles(Tree.Size))
                Files[path] = HashTile.Write(path, Tree.Nodes);
            foreach (var path in TileLayout.Bundles(Tree.Size))
            {
                var bundle = new ArrayBufferWriter<byte>();
                for (var i = 0; i < path.Width; i++)
                    EntryBundle.Append(bundle, Entry(((int)path.Index * 256) + i));
                Files[path] = bundle.WrittenSpan.ToArray();
            }
        }

        public MerkleTree Tree { get; }

        public Dictionary<TilePath, byte[]> Files { get; } = [];

        public static byte[] Entry(int index) => BitConverter.GetBytes(index);

        public TileReader Reader() => new(FetchAsync, new Checkpoint("log.example", Tree.Size, Tree.Root()));

        public Task<ReadOnlyMemory<byte>?> FetchAsync(TilePath path, CancellationToken cancellationToken) =>
            Task.FromResult(Files.TryGetValue(path, out var bytes) ? bytes : (ReadOnlyMemory<byte>?)null);
    }
}
