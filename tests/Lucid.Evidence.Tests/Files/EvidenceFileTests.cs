using System.IO.Compression;
using System.Text;
using Lucid.Evidence.Files;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Files;

public sealed class EvidenceFileTests
{
    private static readonly Leaf[] Leaves =
    [
        SampleRecords.Chunk(0) with { PlainLength = 5, CipherLength = 3 },
        SampleRecords.Chunk(1) with { PlainLength = 6, CipherLength = 4 },
        SampleRecords.Gap(2),
    ];

    private static readonly EvidenceParts Parts = new()
    {
        Manifest = ManifestOf(Leaves).Encode(),
        ManifestNote = "note\n"u8.ToArray(),
        Receipt = "receipt\n"u8.ToArray(),
        Block = "block\n"u8.ToArray(),
        Certificate = "certificate\n"u8.ToArray(),
        Validators = "validators\n"u8.ToArray(),
        After = new AfterBlockParts("after block\n"u8.ToArray(), "after certificate\n"u8.ToArray(), "after validators\n"u8.ToArray()),
    };

    private static Manifest ManifestOf(IEnumerable<Leaf> leaves) =>
        SampleRecords.Manifest().WithLeaves(leaves.Aggregate(LeafTotals.None, (totals, leaf) => totals.Add(leaf)), Hash256.Zero);

    private static LeafSource Source(IEnumerable<Leaf> leaves) => _ => leaves.ToAsyncEnumerable();

    private static ValueTask FillWithIndex(ulong index, Memory<byte> destination, CancellationToken cancellation)
    {
        destination.Span.Fill((byte)index);
        return ValueTask.CompletedTask;
    }

    private static async Task<byte[]> WriteAsync(EvidenceParts parts, IEnumerable<Leaf> leaves, Func<ulong, bool> include)
    {
        var writer = await EvidenceFileWriter.PlanAsync(parts, Source(leaves), include, CancellationToken.None);
        using var file = new MemoryStream();
        await writer.WriteAsync(file, FillWithIndex, CancellationToken.None);
        Assert.Equal(writer.TotalLength, file.Length);
        return file.ToArray();
    }

    [Fact]
    public async Task Write_AFile_IsTheBytesThatPythonsZipfileMakes()
    {
        // SHA-256 of what Python's zipfile wrote from the same contents with date 1980-01-01, mode 0100644 and version 4.5.
        const string expected = "fc5fbe2f5075c5c9a1641da962140faea4620dd8f7e0a8fff8a585d0ea7eac2e";
        Assert.Equal(expected, Hash256.Of(await WriteAsync(Parts, Leaves, _ => true)).ToString());
    }

    [Fact]
    public async Task Write_AFile_IsReadByAnotherZipReader()
    {
        using var zip = new ZipArchive(new MemoryStream(await WriteAsync(Parts, Leaves, _ => true)));
        Assert.Equal(
            "evidence.txt manifest.json manifest.note leaves.txt receipt.tlog-proof block.txt certificate.txt validators.txt " +
            "after-block.txt after-certificate.txt after-validators.txt chunks/0000000000 chunks/0000000001",
            string.Join(' ', zip.Entries.Select(entry => entry.FullName)));
        using var text = new StreamReader(zip.GetEntry("evidence.txt")!.Open());
        Assert.Equal($"lucid.evidence/1\n{SampleRecords.Network}\n{SampleRecords.Session}\nfull\n", await text.ReadToEndAsync());
        using var leaves = new StreamReader(zip.GetEntry("leaves.txt")!.Open());
        Assert.Equal(string.Concat(Leaves.Select(leaf => Encoding.UTF8.GetString(leaf.Encode()))), await leaves.ReadToEndAsync());
        using var chunk = new StreamReader(zip.GetEntry("chunks/0000000001")!.Open());
        Assert.Equal("\u0001\u0001\u0001\u0001", await chunk.ReadToEndAsync());
    }

    [Theory]
    [InlineData(new ulong[0], "proof")]
    [InlineData(new ulong[] { 1 }, "part")]
    [InlineData(new ulong[] { 0, 1 }, "full")]
    public async Task Write_SomeChunks_SaysSo(ulong[] chunks, string content)
    {
        var entries = EvidenceBytes.Split(await WriteAsync(Parts with { After = null }, Leaves, chunks.Contains));
        Assert.EndsWith($"\n{content}\n", Encoding.UTF8.GetString(entries[0].Content));
        Assert.Equal(chunks, entries.Where(entry => entry.Part == EvidencePart.Chunk).Select(entry => entry.Chunk));
    }

    [Fact]
    public async Task Write_ASessionWithoutLeaves_IsFull()
    {
        var entries = EvidenceBytes.Split(await WriteAsync(Parts with { Manifest = ManifestOf([]).Encode() }, [], _ => true));
        Assert.EndsWith("\nfull\n", Encoding.UTF8.GetString(entries[0].Content));
    }

    [Fact]
    public async Task Plan_LeavesThatTheManifestDoesNotCount_AreRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => EvidenceFileWriter.PlanAsync(Parts, Source(Leaves[..2]), _ => true, CancellationToken.None));
        await Assert.ThrowsAsync<MalformedException>(() => EvidenceFileWriter.PlanAsync(Parts, Source(Leaves[1..]), _ => true, CancellationToken.None));
    }

    [Fact]
    public async Task Plan_APartBeyondItsLimit_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => EvidenceFileWriter.PlanAsync(
            Parts with { Block = new byte[5_000] }, Source(Leaves), _ => true, CancellationToken.None));

    [Fact]
    public async Task Write_LeavesThatChangedSincePlanning_AreABug()
    {
        var pass = 0;
        var writer = await EvidenceFileWriter.PlanAsync(
            Parts, _ => (pass++ == 0 ? Leaves : [.. Leaves.Reverse()]).ToAsyncEnumerable(), _ => true, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(new MemoryStream(), FillWithIndex, CancellationToken.None));
    }

    [Fact]
    public async Task Read_OneByteAtATime_GivesTheSame()
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        var reader = new EvidenceFileReader(new TrickleStream(file));
        var entries = new List<EvidenceBytes.Entry>();
        while (await reader.NextAsync(CancellationToken.None) is { } entry)
        {
            var content = new byte[entry.Length];
            await reader.ReadAllAsync(content, CancellationToken.None);
            entries.Add(new EvidenceBytes.Entry(entry.Part, entry.Chunk, content));
        }
        Assert.Equal(file, EvidenceBytes.Join(entries));
    }

    [Fact]
    public async Task Read_AnyByteAltered_IsRefused()
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        for (var at = 0; at < file.Length; at++)
        {
            var altered = file.ToArray();
            altered[at] ^= (byte)(1 << (at % 8));
            Assert.Throws<MalformedException>(() => EvidenceBytes.Split(altered));
        }
    }

    [Fact]
    public async Task Read_AnyTruncation_IsRefused()
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        for (var length = 0; length < file.Length; length++)
            Assert.Throws<MalformedException>(() => EvidenceBytes.Split(file[..length]));
    }

    [Fact]
    public async Task Read_EntriesInAnotherOrder_AreRefused()
    {
        var entries = EvidenceBytes.Split(await WriteAsync(Parts, Leaves, _ => true));
        for (var one = 0; one < entries.Count; one++)
        {
            Refused([.. entries[..one], .. entries[(one + 1)..]], allowed: entries[one].Part >= EvidencePart.AfterValidators);
            Refused([.. entries[..one], entries[one], .. entries[one..]]);
            for (var other = one + 1; other < entries.Count; other++)
            {
                var swapped = entries.ToList();
                (swapped[one], swapped[other]) = (swapped[other], swapped[one]);
                Refused(swapped);
            }
        }

        // What the reader allows to be absent, the verifier asks for where it belongs.
        static void Refused(List<EvidenceBytes.Entry> entries, bool allowed = false)
        {
            var file = EvidenceBytes.Join(entries);
            if (allowed)
                EvidenceBytes.Split(file);
            else
                Assert.Throws<MalformedException>(() => EvidenceBytes.Split(file));
        }
    }

    [Fact]
    public async Task Read_BytesBeforeBetweenOrAfter_AreRefused()
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        Assert.Throws<MalformedException>(() => EvidenceBytes.Split([0, .. file]));
        Assert.Throws<MalformedException>(() => EvidenceBytes.Split([.. file, 0]));
        Assert.Throws<MalformedException>(() => EvidenceBytes.Split([.. file, .. file]));
        var second = ZipProfile.LocalHeaderLength("evidence.txt") + EvidenceBytes.Split(file)[0].Content.Length;
        Assert.Throws<MalformedException>(() => EvidenceBytes.Split([.. file[..second], 0, .. file[second..]]));
    }

    [Theory]
    [InlineData(EvidencePart.Block, uint.MaxValue)]
    [InlineData(EvidencePart.Block, 4097u)]
    [InlineData(EvidencePart.Leaves, uint.MaxValue)]
    [InlineData(EvidencePart.Chunk, (uint)ChunkLeaf.MaxCipherLength + 1)]
    public async Task Read_ALengthBeyondTheLimit_IsRefusedBeforeItIsBelieved(EvidencePart part, uint length)
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        var name = Encoding.ASCII.GetBytes(EvidenceLayout.Name(part));
        var header = file.AsSpan().IndexOf(name) - ZipProfile.LocalFixedLength;
        BitConverter.GetBytes(length).CopyTo(file, header + 18);
        BitConverter.GetBytes(length).CopyTo(file, header + 22);
        Assert.Contains("at most", Assert.Throws<MalformedException>(() => EvidenceBytes.Split(file)).Message);
    }

    [Fact]
    public async Task Read_AnEmptyEntry_IsRefused()
    {
        var entries = EvidenceBytes.Split(await WriteAsync(Parts, Leaves, _ => true));
        foreach (var part in Enum.GetValues<EvidencePart>())
        {
            var file = EvidenceBytes.Join(entries.Select(entry => entry.Part == part ? entry with { Content = [] } : entry));
            if (part != EvidencePart.Leaves)
                Assert.Contains("empty", Assert.Throws<MalformedException>(() => EvidenceBytes.Split(file)).Message);
        }
    }

    [Fact]
    public async Task Read_MoreThan65535Entries_NeedsZip64AndWorks()
    {
        Leaf[] leaves = [.. Enumerable.Range(0, 70_000).Select(i => SampleRecords.Chunk((ulong)i) with { PlainLength = 1, CipherLength = 1 })];
        var file = await WriteAsync(Parts with { Manifest = ManifestOf(leaves).Encode() }, leaves, _ => true);
        Assert.Equal(70_011, EvidenceBytes.Split(file).Count);
        using var zip = new ZipArchive(new MemoryStream(file));
        Assert.Equal(70_011, zip.Entries.Count);
        var index = await EvidenceFileIndex.OpenAsync(new MemoryStream(file), CancellationToken.None);
        Assert.True(index.TryFindChunk(69_999, out var last));
        Assert.Equal((byte)(69_999 & 0xFF), file[last.ContentOffset]);
    }

    [Fact]
    public async Task Read_BeyondFourGibibytes_NeedsZip64AndWorks()
    {
        Leaf[] leaves = [.. Enumerable.Range(0, 400).Select(i => SampleRecords.Chunk((ulong)i) with { CipherLength = ChunkLeaf.MaxCipherLength })];
        var writer = await EvidenceFileWriter.PlanAsync(
            Parts with { Manifest = ManifestOf(leaves).Encode() }, Source(leaves), _ => true, CancellationToken.None);
        using var file = new SparseStream();
        await writer.WriteAsync(file, (_, destination, _) =>
        {
            destination.Span.Clear();
            return ValueTask.CompletedTask;
        }, CancellationToken.None);
        Assert.Equal(writer.TotalLength, file.Length);
        Assert.True(file.Length > uint.MaxValue);

        var reader = new EvidenceFileReader(file);
        var content = new byte[ChunkLeaf.MaxCipherLength];
        var count = 0;
        for (; await reader.NextAsync(CancellationToken.None) is { } entry; count++)
            await reader.ReadAllAsync(content.AsMemory(0, (int)entry.Length), CancellationToken.None);
        Assert.Equal(411, count);

        var index = await EvidenceFileIndex.OpenAsync(file, CancellationToken.None);
        Assert.True(index.TryFindChunk(399, out var last));
        Assert.True(last.Offset > uint.MaxValue);
        await index.ReadChunkAsync(399, content, CancellationToken.None);
    }

    [Fact]
    public async Task Index_OfAFile_FindsEverything()
    {
        var file = await WriteAsync(Parts, Leaves, index => index == 1);
        var index = await EvidenceFileIndex.OpenAsync(new MemoryStream(file), CancellationToken.None);
        Assert.False(index.TryFindChunk(0, out _));
        Assert.True(index.TryFindChunk(1, out var chunk));
        var content = new byte[4];
        await index.ReadChunkAsync(1, content, CancellationToken.None);
        Assert.Equal([1, 1, 1, 1], content);
        Assert.Equal(2, await index.ReadAtAsync(chunk, 2, content, CancellationToken.None));
        Assert.Equal(Leaves, await index.ReadLeavesAsync(CancellationToken.None).ToListAsync());
        var parts = await index.ReadPartsAsync(CancellationToken.None);
        Assert.Equal(file, await WriteAsync(parts, Leaves, index => index == 1));
        await Assert.ThrowsAsync<MalformedException>(async () => await index.ReadChunkAsync(0, content, CancellationToken.None));
    }

    [Fact]
    public async Task Index_OfAnAlteredOrTruncatedFile_RefusesOrReadsWhatItCan()
    {
        var file = await WriteAsync(Parts, Leaves, _ => true);
        for (var at = 0; at < file.Length; at++)
        {
            var altered = file.ToArray();
            altered[at] ^= (byte)(1 << (at % 8));
            await ReadEverythingAsync(altered);
            await ReadEverythingAsync(file[..at]);
        }

        static async Task ReadEverythingAsync(byte[] file)
        {
            try
            {
                var index = await EvidenceFileIndex.OpenAsync(new MemoryStream(file), CancellationToken.None);
                await index.ReadPartsAsync(CancellationToken.None);
                await index.ReadLeavesAsync(CancellationToken.None).ToListAsync();
                foreach (var chunk in index.Entries.Where(entry => entry.Part == EvidencePart.Chunk))
                    await index.ReadChunkAsync(chunk.Chunk, new byte[chunk.Length], CancellationToken.None);
            }
            catch (MalformedException)
            {
            }
        }
    }

    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
