using Lucid.Evidence.Merkle;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Tiles;

namespace Lucid.Evidence.Tests.Tiles;

/// <summary>Reads another implementation's log as a stock client would: every checkpoint, every entry, and the way between any two sizes.</summary>
public sealed class TileVectorTests
{
    [Fact]
    public async Task TileReader_EveryCheckpointOfTheFolder_LeadsToItsEntries()
    {
        var folder = VectorFolder.Find("tlog");
        var key = NoteVerifierKey.Parse((await File.ReadAllTextAsync(Path.Combine(folder, "vkey"))).Trim());
        var readers = new List<TileReader>();
        foreach (var file in Directory.GetFiles(folder, "checkpoint*").Order(StringComparer.Ordinal))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            var note = SignedNote.Parse(bytes);
            Assert.True(note.Verify(key).Accepted, $"{file}: not signed by the log");
            Assert.Equal(bytes, SignedNote.Create(note.TextBytes, note.Signatures).Encode());
            readers.Add(new TileReader((path, _) => Fetch(folder, path), Checkpoint.Parse(note.TextBytes)));
        }
        Assert.NotEmpty(readers);
        foreach (var reader in readers)
        {
            Assert.Equal(reader.Checkpoint.Root, await reader.RootAsync(reader.Checkpoint.Size));
            await ReadEntriesAsync(reader);
            foreach (var earlier in readers.Select(other => other.Checkpoint).Where(other => other.Size > 0 && other.Size <= reader.Checkpoint.Size))
            {
                var proof = await reader.ProveConsistencyAsync(earlier.Size);
                var consistent = ConsistencyProof.Verify(earlier.Size, reader.Checkpoint.Size, earlier.Root, reader.Checkpoint.Root, proof);
                Assert.True(consistent, $"size {reader.Checkpoint.Size} does not continue size {earlier.Size}");
            }
        }
    }

    private static async Task ReadEntriesAsync(TileReader reader)
    {
        var checkpoint = reader.Checkpoint;
        for (ulong index = 0; index < checkpoint.Size;)
        {
            foreach (var entry in await reader.EntriesAsync(index / TilePath.FullWidth))
            {
                var proof = await reader.ProveInclusionAsync(index);
                var included = InclusionProof.Verify(index, checkpoint.Size, MerkleHash.Leaf(entry.Span), proof, checkpoint.Root);
                Assert.True(included, $"entry {index} of size {checkpoint.Size}");
                index++;
            }
        }
    }

    // The folder is flat: "tile/0/000.p/4" is the file tile-0-000.p-4, and "tile/entries/000.p/4" is entries-000.p-4. A folder laid
    // out as a log serves it is read as well.
    private static Task<ReadOnlyMemory<byte>?> Fetch(string folder, TilePath path)
    {
        var text = path.ToString();
        var flat = text.Replace('/', '-');
        foreach (var name in (string[])[text, flat, flat.Replace("tile-entries", "entries", StringComparison.Ordinal)])
        {
            if (File.Exists(Path.Combine(folder, name)))
                return Task.FromResult<ReadOnlyMemory<byte>?>(File.ReadAllBytes(Path.Combine(folder, name)));
        }
        return Task.FromResult<ReadOnlyMemory<byte>?>(null);
    }
}
