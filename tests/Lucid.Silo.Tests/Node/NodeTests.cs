using System.Net;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;
using Lucid.Silo.Hosting;
using Lucid.Silo.Tests.Recording;

namespace Lucid.Silo.Tests.Node;

/// <summary>The whole line on a real node over real HTTP: record, anchor, verify.</summary>
public sealed class NodeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Session_RecordedInParallel_VerifiesAndPlaysBackByteForByte()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        var chunks = Enumerable.Range(0, 8).Select(i => Content(i, (i * 40_000) + 1)).ToList();
        var receipts = await Task.WhenAll(chunks.Select(async (bytes, i) =>
        {
            using var answer = await node.PutAsync(id, (ulong)i, bytes);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsByteArrayAsync();
        }));
        (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");

        var (file, report) = await node.EvidenceAsync(id, _folder);
        Assert.True(report.Verdict == Verdict.Verified, report.Summary);
        Assert.Equal(8u, report.ChunksRead);
        var held = await EvidenceVerifier.VerifyAsync(
            new MemoryStream(file), new TrustStore(_folder.Data.Trust).Load(),
            new VerifyOptions { Receipts = [.. ChunkReceipt.ReadAll(receipts.SelectMany(bytes => bytes).ToArray())] }, CancellationToken.None);
        Assert.True(held.Verdict == Verdict.Verified, held.Summary);
        Assert.Equal(chunks.SelectMany(bytes => bytes), await node.Client.GetByteArrayAsync($"sessions/{id}/playback"));
    }

    [Fact]
    public async Task Chunk_SentAgain_GetsTheSameReceipt_AndOtherBytesAreRefused()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        using var first = await node.PutAsync(id, 0, [1, 2, 3]);
        using var again = await node.PutAsync(id, 0, [1, 2, 3]);
        using var other = await node.PutAsync(id, 0, [1, 2, 4]);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(["true"], again.Headers.GetValues("Lucid-Repeated"));
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
    }

    [Fact]
    public async Task Lease_TakenOver_LetsTheNewOneRecordItsOwnBytes()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        (await node.PutAsync(id, 0, [1])).EnsureSuccessStatusCode();
        var resumed = await TestNode.JsonAsync(await node.PostAsync(id, "resume"));
        Assert.Equal(2, resumed.GetProperty("lease").GetInt64());
        using var fenced = await node.PutAsync(id, 1, [2], lease: 1);
        Assert.Equal(HttpStatusCode.Conflict, fenced.StatusCode);
        (await node.PutAsync(id, 1, [3], lease: 2)).EnsureSuccessStatusCode();
        Assert.Equal([1, 3], await node.Client.GetByteArrayAsync($"sessions/{id}/playback"));
    }

    [Fact]
    public async Task Chunk_WhoseIndexIsAGap_IsNeitherTakenNorServed()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        (await node.PutAsync(id, 0, [1])).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "pause")).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "resume")).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "stop", lease: 2)).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");
        foreach (var path in (string[])["chunks/1", "chunks/1/receipt"])
            Assert.Equal(HttpStatusCode.NotFound, (await node.Client.GetAsync($"sessions/{id}/{path}")).StatusCode);
        var refused = await node.PutAsync(id, 1, [2], lease: 2);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("has a gap in the place of chunk 1", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunk_SentTwiceAtOnce_IsSealedOnce()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        var bytes = Content(1, 300_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => node.PutAsync(id, 0, bytes)));
        var receipts = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));
        Assert.Single(receipts.Distinct(StringComparer.Ordinal));
        Assert.Equal(5, answers.Count(answer => answer.Headers.GetValues("Lucid-Repeated").Single() == "true"));
    }

    [Fact]
    public async Task Restart_InTheMiddle_GoesOn_AndTheEvidenceNamesTheOutage()
    {
        Guid id;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (id, _) = await node.CreateAsync();
            (await node.PutAsync(id, 0, Content(0, 5000))).EnsureSuccessStatusCode();
        }
        await using var again = await TestNode.StartAsync(_folder);
        (await again.PutAsync(id, 1, Content(1, 5000))).EnsureSuccessStatusCode();
        (await again.PostAsync(id, "stop")).EnsureSuccessStatusCode();
        await again.UntilAsync(id, "anchored");
        var (_, report) = await again.EvidenceAsync(id, _folder);
        Assert.True(report.Verdict == Verdict.Verified, report.Summary);
        Assert.Equal(GapCause.NodeDown, Assert.Single(report.Gaps).Cause);
    }

    [Fact]
    public async Task Erase_LeavesAProofWithoutContent()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        (await node.PutAsync(id, 0, Content(0, 5000))).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");
        var erased = await TestNode.JsonAsync(await node.Client.DeleteAsync($"sessions/{id}"));
        Assert.Equal("erased", erased.GetProperty("status").GetString());
        var (_, report) = await node.EvidenceAsync(id, _folder, full: false);
        Assert.True(report.Verdict == Verdict.Verified, report.Summary);
        Assert.False((await node.Client.GetAsync($"sessions/{id}/playback")).IsSuccessStatusCode);
        Assert.False((await node.Client.GetAsync($"sessions/{id}/chunks/0")).IsSuccessStatusCode);
        Assert.False((await node.Client.GetAsync($"sessions/{id}/key")).IsSuccessStatusCode);
        await ErasedChunksTests.UntilDeletedAsync(_folder);
        Assert.Empty(Directory.EnumerateFiles(_folder.Data.Chunks, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task KeyRotation_KeepsEveryRecordingReadable()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        var content = Content(3, 100_000);
        (await node.PutAsync(id, 0, content)).EnsureSuccessStatusCode();
        using var before = KeyFile.Parse(await node.Client.GetByteArrayAsync($"sessions/{id}/key"));
        await TestNode.JsonAsync(await node.Client.PostAsync("keys/rotate", null));
        using var after = KeyFile.Parse(await node.Client.GetByteArrayAsync($"sessions/{id}/key"));
        Assert.Equal(before.ToBytes(), after.ToBytes());
        Assert.Equal(content, await node.Client.GetByteArrayAsync($"sessions/{id}/playback"));
    }

    [Fact]
    public async Task SecondNode_OnTheSameDirectory_IsRefusedByName()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var refused = Assert.Throws<DataFolderInUseException>(() => NodeHost.Build(new NodeOptions { Data = _folder.Data.Root, Urls = "http://127.0.0.1:0" }));
        Assert.Contains(_folder.Data.Root, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_Lost_IsMadeAgainFromTheSessions_AndALostStoreIsRefused()
    {
        Guid id;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (id, _) = await node.CreateAsync();
            (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
            await node.UntilAsync(id, "anchored");
        }
        foreach (var file in Directory.EnumerateFiles(_folder.Data.Root, "directory.db*"))
            File.Delete(file);
        await using (var node = await TestNode.StartAsync(_folder))
        {
            var list = await TestNode.JsonAsync(await node.Client.GetAsync("sessions"));
            Assert.Equal(id, Assert.Single(list.GetProperty("sessions").EnumerateArray()).GetProperty("session_id").GetGuid());
        }
        foreach (var file in Directory.EnumerateFiles(_folder.Data.Root, "grains.db*"))
            File.Delete(file);
        var refused = Assert.Throws<InvalidDataException>(() => NodeHost.Build(new NodeOptions { Data = _folder.Data.Root, Urls = "http://127.0.0.1:0" }));
        Assert.Contains("grains.db is missing", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Playback_OfARange_ServesJustThatAcrossChunks()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        var (a, b) = (Content(1, 70_000), Content(2, 70_000));
        (await node.PutAsync(id, 0, a)).EnsureSuccessStatusCode();
        (await node.PutAsync(id, 1, b)).EnsureSuccessStatusCode();
        var request = new HttpRequestMessage(HttpMethod.Get, $"sessions/{id}/playback");
        request.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(69_990, 70_009);
        using var answer = await node.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        var expected = a.TakeLast(10).Concat(b.Take(10));
        Assert.Equal(expected, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Checkpoint_VerifiesWithTheKeysThatChainInfoNames()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var info = await TestNode.JsonAsync(await node.Client.GetAsync("chain/info"));
        var keys = info.GetProperty("cosigner_vkeys").EnumerateArray().Append(info.GetProperty("log_vkey")).Select(key => NoteVerifierKey.Parse(key.GetString()!)).ToList();
        var note = SignedNote.Parse(await node.Client.GetByteArrayAsync("/checkpoint"));
        Assert.Equal(2, note.Verify(keys).Valid.Length);
    }

    [Fact]
    public async Task FullDisk_WhileAChunkIsStored_Answers507_AndClosesTheSessionWithAGap()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", _folder.Data.Root) == 0,
            "a small file system to fill up cannot be mounted here; that needs root");
        try
        {
            await using var node = await TestNode.StartAsync(_folder, options => options with { Recording = options.Recording with { FreeSpaceReserve = 0 } });
            var (id, _) = await node.CreateAsync();
            var answers = new List<HttpStatusCode>();
            for (ulong i = 0; i < 4; i++)
            {
                var noise = new byte[6 << 20];
                new Random((int)i).NextBytes(noise);
                using var answer = await node.PutAsync(id, i, noise);
                answers.Add(answer.StatusCode);
            }
            Assert.Contains(HttpStatusCode.InsufficientStorage, answers);
            await node.UntilAsync(id, "anchored");
            var (_, report) = await node.EvidenceAsync(id, _folder);
            Assert.True(report.Verdict == Verdict.Verified, report.Summary);
            Assert.Equal(GapCause.Overload, Assert.Single(report.Gaps).Cause);
        }
        finally
        {
            await RunAsync("umount", _folder.Data.Root);
        }
    }

    [Fact]
    public async Task NoRoom_RefusesNewSessionsWith507()
    {
        await using var node = await TestNode.StartAsync(_folder, options => options with { Recording = options.Recording with { FreeSpaceReserve = 0.5 } });
        var drive = new DriveInfo(_folder.Data.Root);
        Assert.SkipWhen(drive.AvailableFreeSpace >= drive.TotalSize / 2, "the disk here is more than half empty, and half is the largest reserve");
        using var answer = await node.Client.PostAsync("sessions", new StringContent("""{"name":"x"}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static byte[] Content(int seed, int length)
    {
        // Half text, half noise, so that both ways of packing are taken.
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        bytes.AsSpan(0, length / 2).Fill((byte)seed);
        return bytes;
    }
}
