using Lucid.Evidence.Files;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

/// <summary>
/// Sweeps over whole files: every damage is found, and the verdict names the part of the file in which the first byte lies that is not as it
/// was made.
/// </summary>
public sealed class SweepTests
{
    /// <summary>The signature of the first header: what does not begin with it is no evidence, and no part of one is named.</summary>
    private const int FirstSignature = 4;

    /// <summary>The first header, of evidence.txt: altered there, a file is no evidence at all.</summary>
    private const int FirstHeader = 30 + 12;

    /// <summary>Two chunks and a gap; the validators changed after the block that the manifest names.</summary>
    private static readonly TestEvidence Small = Make([[1, 2, 3], new byte[70_000]]);

    /// <summary>Chunks of several segments: 20 MiB that do not compress, and a little one behind.</summary>
    private static readonly TestEvidence Large = Make([Noise(10 << 20), Noise((10 << 20) - 1), [1]]);

    private static TestEvidence Make(byte[][] chunks)
    {
        var network = new TestNetwork(1);
        return TestEvidence.Make(network, chunks, new HashSet<ulong> { 1 }, manifest =>
        {
            network.ChangeValidators(2);
            return manifest;
        });
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public async Task Verify_TheFilesOfTheSweeps_AreVerified()
    {
        Assert.Equal("VERIFIED", (await VerifyAsync(await Small.FileAsync(), Small)).Summary);
        Assert.Equal("VERIFIED", (await VerifyAsync(await Large.FileAsync(), Large)).Summary);
        Assert.Contains(EvidenceBytes.Split(await Small.FileAsync()), entry => entry.Part == EvidencePart.AfterValidators);
    }

    [Fact]
    public async Task Verify_AnyBitOfTheStructureAltered_IsFoundAndNamed()
    {
        var file = await Small.FileAsync();
        var places = Places(file);
        var structure = Enumerable.Range(0, file.Length).Where(at => places.Find(place => place.Holds(at))!.IsStructure);
        await SweepAsync(Small, file, structure.SelectMany(at => Enumerable.Range(0, 8).Select(bit => Altered(file, at, (byte)(1 << bit)))));
    }

    [Fact]
    public async Task Verify_AnyByteAlteredRemovedOrDoubled_IsFoundAndNamed()
    {
        var file = await Small.FileAsync();
        await SweepAsync(Small, file, Enumerable.Range(0, file.Length).SelectMany(at => (IEnumerable<byte[]>)
        [
            Altered(file, at, (byte)(1 << (at % 8))),
            [.. file[..at], .. file[(at + 1)..]],
            [.. file[..at], file[at], .. file[at..]],
        ]));
    }

    [Fact]
    public async Task Verify_AnyByteOfADisclosedChunkAltered_IsFoundAndNamed()
    {
        var file = await Small.FileAsync(index => index == 2);
        await SweepAsync(Small, file, Enumerable.Range(0, file.Length).Select(at => Altered(file, at, (byte)(0x80 >> (at % 8)))));
    }

    [Fact]
    public async Task Verify_AnyTruncation_SaysWhereTheFileEnds()
    {
        var file = await Small.FileAsync();
        // Until then nobody knows whose evidence it is.
        var manifestEnd = file.AsSpan().IndexOf("  ]\n}\n"u8) + 6;
        await Parallel.ForAsync(0, file.Length, async (length, _) =>
        {
            var report = await VerifyAsync(file[..length], Small);
            Assert.True(
                report.Verdict == (length < manifestEnd ? Verdict.Unreadable : Verdict.Failed) && report.Summary.Contains($"cut off after {length} bytes", StringComparison.Ordinal), $"{length} bytes: {report.Summary}");
        });
    }

    [Fact]
    public async Task Verify_BlocksZeroedSwappedInsertedOrRepeated_IsFoundAndNamed()
    {
        var file = await Small.FileAsync();
        var random = new Random(1);
        await SweepAsync(Small, file, Enumerable.Range(0, 400).SelectMany(_ =>
        {
            var length = 1 + random.Next(600);
            var (one, other) = (random.Next(file.Length - (2 * length)), length + random.Next(file.Length - (2 * length)));
            var zeroed = file.ToArray();
            zeroed.AsSpan(one, length).Clear();
            var swapped = file.ToArray();
            file.AsSpan(one, length).CopyTo(swapped.AsSpan(other));
            file.AsSpan(other, length).CopyTo(swapped.AsSpan(one));
            byte[] inserted = [.. file[..one], .. Noise(length), .. file[one..]];
            byte[] repeated = [.. file[..(one + length)], .. file[one..]];
            return (IEnumerable<byte[]>)[zeroed, swapped, inserted, repeated];
        }).Where(damaged => !damaged.AsSpan().SequenceEqual(file)));
    }

    [Fact]
    public async Task Verify_ALargeFileDamagedAnywhere_IsFoundAndNamedToTheByte()
    {
        var file = await Large.FileAsync();
        var places = Places(file);
        var random = new Random(2);
        // One byte of each header of a chunk and of all that comes behind, and some of the twenty million between them.
        var structure = places.Where(place => place.IsStructure && place.Name.StartsWith("chunk", StringComparison.Ordinal) || place.From > file.Length - 4096)
            .Select(place => random.Next(place.From, place.To));
        await SweepAsync(Large, file, structure.Select(at => Altered(file, at, 0x10)));
        foreach (var chunk in places.Where(place => !place.IsStructure && place.To - place.From > 1 << 20))
        {
            for (var i = 0; i < 12; i++)
            {
                var at = random.Next(chunk.From, chunk.To);
                var report = await VerifyAsync(Altered(file, at, (byte)(1 + random.Next(255))), Large);
                Assert.Contains($"{chunk.Name}, segment {(at - chunk.From) >> 16}: byte {at - chunk.From} was altered", report.Summary, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Verify_AnyByteOfAReceiptAltered_IsRefusedOrNamed()
    {
        var file = await Small.FileAsync();
        var receipts = Small.Leaves.OfType<ChunkLeaf>()
            .SelectMany(leaf => new ChunkReceipt(Small.Network.Id, leaf).Sign("alpha", Small.Network.Recorder).Bytes.ToArray()).ToArray();
        Assert.Equal("VERIFIED", (await VerifyAsync(file, Small, [.. ChunkReceipt.ReadAll(receipts)])).Summary);
        await Parallel.ForAsync(0, receipts.Length, async (at, _) =>
        {
            SignedNote[] read;
            try
            {
                read = [.. ChunkReceipt.ReadAll(Altered(receipts, at, (byte)(1 << (at % 8))))];
            }
            catch (MalformedException)
            {
                return;
            }
            var report = await VerifyAsync(file, Small, read);
            // Under another name it is another recorder's, and says so.
            var isNamed = report.Verdict == Verdict.Failed
                ? report.Summary.StartsWith("FAILED: receipts: ", StringComparison.Ordinal)
                : report[CheckNames.Receipts].Finding.EndsWith("1 of them signed by another recorder than the manifest's", StringComparison.Ordinal);
            Assert.True(isNamed, $"byte {at}: {report.Summary}");
        });
    }

    [Fact]
    public async Task Trust_WithAnyByteOfASetAltered_NeverVerifies()
    {
        var folder = Directory.CreateTempSubdirectory("lucid-trust-");
        try
        {
            var (file, set) = (await Small.FileAsync(), Small.Network.Validators.Encode());
            var path = Path.Combine(folder.FullName, $"{Small.Network.Id}{TrustStore.Extension}");
            for (var at = 0; at < set.Length; at++)
            {
                await File.WriteAllBytesAsync(path, Altered(set, at, (byte)(1 << (at % 8))));
                try
                {
                    var report = await EvidenceVerifierTests.VerifyAsync(file, new TrustStore(folder.FullName).Load());
                    Assert.True(report.Verdict != Verdict.Verified, $"byte {at}");
                }
                catch (MalformedException problem)
                {
                    Assert.Contains(path, problem.Message, StringComparison.Ordinal);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static byte[] Altered(byte[] bytes, int at, byte change)
    {
        var altered = bytes.ToArray();
        altered[at] ^= change;
        return altered;
    }

    /// <summary>Each of the damaged files fails, and its verdict names where the first byte lies that differs.</summary>
    private static async Task SweepAsync(TestEvidence evidence, byte[] file, IEnumerable<byte[]> damaged)
    {
        var places = Places(file);
        await Parallel.ForEachAsync(damaged, async (bytes, _) =>
        {
            var first = file.AsSpan().CommonPrefixLength(bytes);
            var place = places.Find(place => place.Holds(first)) ?? new Place("its end", first, first, IsStructure: true);
            var report = await VerifyAsync(bytes, evidence);
            var unreadable = first < FirstHeader || bytes.Length != file.Length;
            Assert.True(
                (report.Verdict == Verdict.Failed || (unreadable && report.Verdict == Verdict.Unreadable)) && (first < FirstSignature || report.Summary.Contains(place.Name, StringComparison.Ordinal)),
                $"byte {first}, in {place}: {report.Summary}");
        });
    }

    private static Task<VerificationReport> VerifyAsync(byte[] file, TestEvidence evidence, SignedNote[]? receipts = null) =>
        EvidenceVerifierTests.VerifyAsync(
            file, new TrustedValidators(evidence.Network.Genesis.Validators, evidence.Network.Validators), new VerifyOptions { Parallelism = 1, Receipts = receipts ?? [] });

    /// <summary>A stretch of a file, and what a verdict calls it.</summary>
    private sealed record Place(string Name, int From, int To, bool IsStructure)
    {
        public bool Holds(int at) => at >= From && at < To;
    }

    private static List<Place> Places(byte[] file)
    {
        var places = new List<Place>();
        var reader = new EvidenceFileReader(new MemoryStream(file));
        var entries = new List<EvidenceEntry>();
        while (reader.NextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } entry)
        {
            entries.Add(entry);
            reader.ReadAllAsync(new byte[entry.Length], CancellationToken.None).AsTask().GetAwaiter().GetResult();
            var content = (int)entry.ContentOffset;
            var name = entry.Part switch
            {
                EvidencePart.Chunk => $"chunk {entry.Chunk}",
                EvidencePart.Leaves => "leaves",
                _ => entry.Name,
            };
            places.Add(new Place(entry.Part == EvidencePart.Chunk ? "chunk" : name, (int)entry.Offset, content, IsStructure: true));
            places.Add(new Place(name, content, content + (int)entry.Length, IsStructure: false));
        }
        // Without its signature, nothing says that the directory begins.
        var at = places[^1].To + 4;
        places.Add(new Place("the central directory", places[^1].To, at, IsStructure: true));
        foreach (var entry in entries)
        {
            var end = places[^1].To + ZipProfile.CentralHeaderLength(entry) - (at == places[^1].To && entry.Offset == 0 ? 4 : 0);
            places.Add(new Place($"the directory's entry for {entry.Name}", at, end, IsStructure: true));
            at = end;
        }
        places.Add(new Place("the end of the central directory", at, file.Length, IsStructure: true));
        return places;
    }
}
