using System.Net;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Node;

/// <summary>
/// One session's chunk, key or row is damaged in every way, while the node is down and while it runs: that session says so by the file's
/// name, whatever is served is right, and another session does not notice.
/// </summary>
public sealed class DamagedRecordingTests : IDisposable
{
    private static readonly byte[][] Content = [.. Enumerable.Range(0, 3).Select(i => Noise(i, 40_000 + i))];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static MatrixTheoryData<Damage, bool> Damages => new(Enum.GetValues<Damage>(), [true, false]);

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Chunk_Damaged_IsNamed_AndTheRestIsServed(Damage damage, bool running)
    {
        var node = await TestNode.StartAsync(_folder);
        try
        {
            var (hit, well) = (await RecordAsync(node), await RecordAsync(node));
            if (!running)
                await node.DisposeAsync();
            var (file, other) = (Chunk(hit, 1), Chunk(well, 1));
            damage.Do(file, other);
            var left = File.Exists(file) ? await File.ReadAllBytesAsync(file) : null;
            if (!running)
                node = await TestNode.StartAsync(_folder);

            await node.RefusesAsync($"sessions/{hit}/chunks/1", 4108, file);
            // What only hashing shows breaks an answer off that has begun; asked again, the node knows.
            if (damage is Damage.Flip or Damage.Garbage or Damage.Swap)
                await Assert.ThrowsAsync<HttpRequestException>(() => node.Client.GetByteArrayAsync($"sessions/{hit}/playback"));
            else
                Assert.Equal(HttpStatusCode.InternalServerError, await StatusAfterTheFirstChunkAsync(node, hit));
            await node.RefusesAsync($"sessions/{hit}/evidence?full=true", 4108, file);

            Assert.Equal(Content[0].Concat(Content[2]), await node.Client.GetByteArrayAsync($"sessions/{hit}/playback?skip_damaged=true"));
            using (var rest = await node.Client.GetAsync($"sessions/{hit}/evidence?full=true&skip_damaged=true"))
            {
                Assert.Equal(["1"], rest.Headers.GetValues("Lucid-Skipped-Chunks"));
                var report = await VerifyAsync(await rest.Content.ReadAsByteArrayAsync());
                Assert.True(report.Verdict == Verdict.Verified && report.ChunksRead == 2, report.Summary);
            }
            Assert.Equal(Verdict.Verified, (await node.EvidenceAsync(hit, _folder, full: false)).Report.Verdict);
            Assert.Equal(left, File.Exists(file) ? await File.ReadAllBytesAsync(file) : null);
            await AssertWellAsync(node, well);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Key_Damaged_IsNamed_AndTheSessionsProofIsServed(Damage damage, bool running)
    {
        var node = await TestNode.StartAsync(_folder);
        try
        {
            var (hit, well) = (await RecordAsync(node), await RecordAsync(node));
            var (open, _) = await node.CreateAsync();
            if (!running)
                await node.DisposeAsync();
            foreach (var id in new[] { hit, open })
                damage.Do(Key(id), Key(well));
            if (!running)
                node = await TestNode.StartAsync(_folder);
            // Of two wrappers one is left then, which is what there are two for.
            if (damage == Damage.Flip)
            {
                await AssertWellAsync(node, hit);
                return;
            }
            await node.RefusesAsync($"sessions/{hit}/playback", 4109, Key(hit));
            await node.RefusesAsync($"sessions/{hit}/key", 4109, Key(hit));
            using var refused = await node.PutAsync(open, 0, [1]);
            await TestNode.IsErrorAsync(refused, 4109, Key(open));
            Assert.Equal(Verdict.Verified, (await node.EvidenceAsync(hit, _folder)).Report.Verdict);
            await AssertWellAsync(node, well);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    private async Task AssertWellAsync(TestNode node, Guid well)
    {
        var (_, report) = await node.EvidenceAsync(well, _folder);
        Assert.True(report.Verdict == Verdict.Verified && report.ChunksRead == 3, report.Summary);
        Assert.Equal(Content.SelectMany(bytes => bytes), await node.Client.GetByteArrayAsync($"sessions/{well}/playback"));
        var list = await TestNode.JsonAsync(await node.Client.GetAsync("sessions"));
        Assert.NotEqual(0, list.GetProperty("sessions").GetArrayLength());
        await RecordAsync(node);
    }

    private static async Task<HttpStatusCode> StatusAfterTheFirstChunkAsync(TestNode node, Guid id)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"sessions/{id}/playback");
        request.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(Content[0].Length, null);
        using var answer = await node.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<VerificationReport> VerifyAsync(byte[] file) =>
        await EvidenceVerifier.VerifyAsync(new MemoryStream(file), new TrustStore(_folder.Data.Trust).Load(), new VerifyOptions(), CancellationToken.None);

    private static async Task<Guid> RecordAsync(TestNode node)
    {
        var (id, _) = await node.CreateAsync();
        for (var i = 0; i < Content.Length; i++)
            (await node.PutAsync(id, (ulong)i, Content[i])).EnsureSuccessStatusCode();
        (await node.PostAsync(id, "stop")).EnsureSuccessStatusCode();
        await node.UntilAsync(id, "anchored");
        return id;
    }

    private string Chunk(Guid session, int index) =>
        Directory.EnumerateFiles(_folder.Data.Chunks, $"{index:D10}", SearchOption.AllDirectories).Single(path => path.Contains(session.ToString("D"), StringComparison.Ordinal));

    private string Key(Guid session) =>
        Path.Combine(_folder.Data.Keys, "sessions", session.ToString("N")[^2..], $"{session:D}.key");

    private static byte[] Noise(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
