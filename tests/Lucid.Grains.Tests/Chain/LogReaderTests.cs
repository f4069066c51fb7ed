using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Tiles;
using Lucid.Grains.Chain;

namespace Lucid.Grains.Tests.Chain;

public sealed class LogReaderTests
{
    private readonly MemoryLedger _disk = new(new TestNetwork(1));

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(700)]
    public async Task TilesAndBundles_AreWhatATileReaderReads(int size)
    {
        await FillAsync(size, size);
        var reader = new LogReader(_disk.Node());
        var note = SignedNote.Parse(await reader.CheckpointAsync(CancellationToken.None));
        var checkpoint = Checkpoint.Parse(note.TextBytes);
        var tiles = new TileReader(async (path, cancellation) => path.IsEntries
            ? await reader.EntriesAsync(path.Index, path.Width, cancellation)
            : await reader.TileAsync(path.Level, path.Index, path.Width, cancellation), checkpoint);
        for (var bundle = 0; bundle * 256 < size; bundle++)
        {
            var entries = await tiles.EntriesAsync((ulong)bundle, TestContext.Current.CancellationToken);
            Assert.Equal(Math.Min(256, size - (bundle * 256)), entries.Length);
            for (var i = 0; i < entries.Length; i++)
                Assert.Equal(Bytes((bundle * 256) + i), entries[i].ToArray());
        }
        var last = (ulong)size - 1;
        var proof = await tiles.ProveInclusionAsync(last, TestContext.Current.CancellationToken);
        Assert.True(InclusionProof.Verify(last, checkpoint.Size, MerkleHash.Leaf(Bytes(size - 1)), proof, checkpoint.Root));
    }

    [Fact]
    public async Task WhatNoPublishedCheckpointCovers_IsNotServed()
    {
        await FillAsync(600, published: 300);
        var reader = new LogReader(_disk.Node());
        Assert.NotNull(await reader.TileAsync(0, 1, 44, default));
        Assert.NotNull(await reader.TileAsync(0, 1, 43, default));
        Assert.NotNull(await reader.TileAsync(1, 0, 1, default));
        Assert.NotNull(await reader.EntriesAsync(1, 44, default));
        foreach (var (level, index, width) in ((int, ulong, int)[])
            [(0, 1, 45), (0, 1, 256), (0, 2, 1), (1, 0, 2), (1, 1, 1), (2, 0, 1), (0, 0, 0), (0, 0, -1), (0, 0, 257), (-1, 0, 1), (8, 0, 1),
             (63, 0, 1), (0, ulong.MaxValue, 1), (0, ulong.MaxValue / 256, 256), (7, TilePath.MaxIndex, 1)])
        {
            Assert.Null(await reader.TileAsync(level, index, width, default));
            if (level == 0)
                Assert.Null(await reader.EntriesAsync(index, width, default));
        }
    }

    [Fact]
    public async Task BeforeTheFirstCheckpoint_NothingIsServed()
    {
        await _disk.Log.AppendAsync([Bytes(0)], default);
        var reader = new LogReader(_disk.Node());
        Assert.Null(await reader.CheckpointAsync(default));
        Assert.Null(await reader.TileAsync(0, 0, 1, default));
        Assert.Null(await reader.EntriesAsync(0, 1, default));
    }

    // Of different lengths, none of them empty.
    private static byte[] Bytes(int index) => [.. Enumerable.Repeat((byte)index, 1 + (index % 300)), (byte)(index >> 8)];

    private async Task FillAsync(int size, int published)
    {
        await _disk.Log.AppendAsync([.. Enumerable.Range(0, published).Select(index => (ReadOnlyMemory<byte>)Bytes(index))], default);
        var text = new Checkpoint("lucid/test", (ulong)published, _disk.Log.Root()).ToText();
        await _disk.Checkpoints.PublishAsync((ulong)published, new NoteSigner("lucid/test", _disk.Keys.Log).SignNote(text).Encode(), default);
        await _disk.Log.AppendAsync([.. Enumerable.Range(published, size - published).Select(index => (ReadOnlyMemory<byte>)Bytes(index))], default);
    }
}
