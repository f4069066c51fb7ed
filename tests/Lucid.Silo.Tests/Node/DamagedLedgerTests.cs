using System.Text.Json;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Node;

/// <summary>
/// Every file of the ledger is damaged in every way while the node is down. Either the node makes it again, or it says which file it is and
/// records on; and once the file is back, what was recorded meanwhile is anchored.
/// </summary>
public sealed class DamagedLedgerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static MatrixTheoryData<string, Damage> Derived => new(
        ["index.db", "checkpoints.db", "log/size", "log/entries", "log/hashes-00"], [Damage.Flip, Damage.Truncate, Damage.Delete, Damage.Garbage]);

    [Theory]
    [MemberData(nameof(Derived))]
    public async Task DerivedFile_Damaged_IsMadeAgain_OrNamedUntilItIs(string name, Damage damage)
    {
        Guid before;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            before = await RecordAsync(node);
            await RecordAsync(node);
            await RecordAsync(node);
        }
        var file = Path.Combine(_folder.Data.Ledger, name);
        damage.Do(file);
        await using (var node = await TestNode.StartAsync(_folder))
        {
            // Served right, or not at all: a block later, or after one more start, all of it is there again.
            await RightOrNamedAsync(node, before, name);
            await RecordAsync(node);
        }
        await using var again = await TestNode.StartAsync(_folder);
        string[] paths = ["/tile/0/000.p/3", "/tile/entries/000.p/3", "/checkpoint"];
        // What is found only now is made again with the next block.
        foreach (var path in paths)
            (await again.Client.GetAsync(path)).Dispose();
        await RecordAsync(again);
        foreach (var path in paths)
            (await again.Client.GetAsync(path)).EnsureSuccessStatusCode();
        Assert.Equal(Verdict.Verified, (await again.EvidenceAsync(before, _folder)).Report.Verdict);
    }

    public static TheoryData<string, Damage> Kept => new()
    {
        { "blocks", Damage.Truncate },
        { "blocks", Damage.Empty },
        { "blocks", Damage.Delete },
        { "blocks", Damage.Garbage },
        // Half of it is one of its two copies, which is enough.
        { "votes", Damage.Empty },
        { "votes", Damage.Delete },
        { "votes", Damage.Garbage },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task FileThatCannotBeMadeAgain_Damaged_IsNamed_AndRecordingGoesOn(string name, Damage damage)
    {
        Guid before;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            before = await RecordAsync(node);
            await RecordAsync(node);
        }
        var file = name == "blocks" ? Directory.EnumerateFiles(Path.Combine(_folder.Data.Ledger, name)).Single() : Path.Combine(_folder.Data.Ledger, name);
        var good = await File.ReadAllBytesAsync(file);
        damage.Do(file);
        var damaged = File.Exists(file) ? await File.ReadAllBytesAsync(file) : null;
        Guid meanwhile;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (meanwhile, _) = await node.CreateAsync();
            (await node.PutAsync(meanwhile, 0, [1, 2, 3])).EnsureSuccessStatusCode();
            (await node.PostAsync(meanwhile, "stop")).EnsureSuccessStatusCode();
            var session = await node.GetAsync(meanwhile);
            Assert.Equal("sealing", session.GetProperty("status").GetString());
            Assert.Contains(_folder.Data.Ledger, session.GetProperty("waiting").GetString(), StringComparison.Ordinal);
            Assert.Equal([1, 2, 3], await node.Client.GetByteArrayAsync($"sessions/{meanwhile}/playback"));
            Assert.NotEmpty(await node.Client.GetByteArrayAsync($"sessions/{before}/playback"));

            var health = JsonDocument.Parse(await node.Client.GetStringAsync("health")).RootElement;
            Assert.Equal("degraded", health.GetProperty("status").GetString());
            Assert.Contains(_folder.Data.Ledger, health.GetProperty("dependencies").GetProperty("ledger").GetProperty("detail").GetString(), StringComparison.Ordinal);
            await node.RefusesAsync($"sessions/{before}/receipt", 5004, _folder.Data.Ledger);
            await node.RefusesAsync("/checkpoint", 5004, _folder.Data.Ledger);
            await node.RefusesAsync("blocks", 4009, _folder.Data.Ledger);
        }
        Assert.Equal(damaged, File.Exists(file) ? await File.ReadAllBytesAsync(file) : null);
        await File.WriteAllBytesAsync(file, good);
        await using var again = await TestNode.StartAsync(_folder);
        await again.UntilAsync(meanwhile, "anchored");
        foreach (var id in new[] { before, meanwhile })
            Assert.Equal(Verdict.Verified, (await again.EvidenceAsync(id, _folder)).Report.Verdict);
    }

    [Fact]
    public async Task LastBlock_TornThoughACheckpointCoversIt_IsDecidedAgain()
    {
        Guid before;
        await using (var node = await TestNode.StartAsync(_folder))
            before = await RecordAsync(node);
        // Up to the block that holds the anchor, which is the last one with a log of its own.
        var file = Directory.EnumerateFiles(Path.Combine(_folder.Data.Ledger, "blocks")).Single();
        using (var blocks = new FileStream(file, FileMode.Open))
            blocks.SetLength(blocks.Length - 10);
        await using var again = await TestNode.StartAsync(_folder);
        await RecordAsync(again);
        Assert.Equal(Verdict.Verified, (await again.EvidenceAsync(before, _folder)).Report.Verdict);
    }

    /// <summary>While it runs too: what is served is right, or the error names the ledger.</summary>
    [Theory]
    [InlineData("log/entries")]
    [InlineData("log/offsets")]
    [InlineData("log/hashes-00")]
    [InlineData("log/hashes-01")]
    public async Task LogFile_DamagedWhileTheNodeRuns_IsNeverServedWrong_AndIsMadeAgain(string name)
    {
        await using var node = await TestNode.StartAsync(_folder, options => options with { BlockInterval = 300 });
        var sessions = new[] { await RecordAsync(node), await RecordAsync(node), await RecordAsync(node), await RecordAsync(node) };
        var file = Path.Combine(_folder.Data.Ledger, name);
        for (var at = 0; at < new FileInfo(file).Length; at += 199)
        {
            FlipAt(file, at);
            foreach (var id in sessions)
                await RightOrNamedAsync(node, id, "log");
        }
        await RecordAsync(node);
        foreach (var id in sessions)
            Assert.Equal(Verdict.Verified, (await node.EvidenceAsync(id, _folder)).Report.Verdict);
    }

    private static void FlipAt(string path, int at)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (at >= file.Length)
            return;
        file.Position = at;
        var flipped = (byte)(file.ReadByte() ^ 4);
        file.Position = at;
        file.WriteByte(flipped);
    }

    private async Task RightOrNamedAsync(TestNode node, Guid id, string file)
    {
        using var answer = await node.Client.GetAsync($"sessions/{id}/evidence?full=true&renew=true");
        if (answer.IsSuccessStatusCode)
        {
            var report = await EvidenceVerifier.VerifyAsync(
                new MemoryStream(await answer.Content.ReadAsByteArrayAsync()), new TrustStore(_folder.Data.Trust).Load(), new VerifyOptions(), CancellationToken.None);
            Assert.True(report.Verdict == Verdict.Verified, report.Summary);
        }
        else
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(text.Contains(Path.Combine(_folder.Data.Ledger, file.Split('/')[0]), StringComparison.Ordinal) || text.Contains("made again", StringComparison.Ordinal), text);
        }
        foreach (var path in (string[])["/tile/0/000.p/1", "/tile/entries/000.p/1"])
        {
            using var tile = await node.Client.GetAsync(path);
            // Damage, or, while the log is made again from the blocks, nothing to answer with yet.
            if (!tile.IsSuccessStatusCode)
                Assert.Matches("ERR_(5004|4009)", await tile.Content.ReadAsStringAsync());
        }
    }

    private static async Task<Guid> RecordAsync(TestNode node)
    {
        var (id, _) = await node.CreateAsync();
        (await node.PutAsync(id, 0, [1, 2, 3])).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");
        return id;
    }
}
