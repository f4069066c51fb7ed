using System.Security.Cryptography;
using System.Text;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Kills;

/// <summary>
/// Two recorders that take one session from each other again and again, each with bytes of its own for every index, on a node that is killed
/// meanwhile. Each index ends up with the bytes of one of them, and only that one was given a receipt.
/// </summary>
public sealed class TwoRecordersTests : IDisposable
{
    private const string Fenced = "LUCID_ERR_4101";
    private const string OtherBytes = "LUCID_ERR_4102";
    private const string OutOfWindow = "LUCID_ERR_4103";

    private readonly TempFolder _folder = new();
    private readonly Dictionary<ulong, (int Recorder, SignedNote Note)> _receipts = [];
    private readonly int _seed = KillTests.Number(Simulation.SeedVariable) ?? RandomNumberGenerator.GetInt32(int.MaxValue);
    private Guid _session;
    private long _newest = 1;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TwoRecorders_OnOneSession_NeverMix()
    {
        var random = new Random(_seed);
        for (var round = 0; round < 4; round++)
        {
            using var node = NodeProcess.Start(_folder.Data);
            using var api = await node.ReadyAsync();
            if (_session == default)
                _session = (await api.SendAsync(HttpMethod.Post, "sessions", body: Json("""{"name":"two","idle_limit_seconds":3600}"""))).RequireOk().Json.GetProperty("session_id").GetGuid();
            var shot = new Shot(new Aim(Moment.ReceiptGiven, 20 + random.Next(40), TimeSpan.FromMilliseconds(random.Next(10))), latest: TimeSpan.FromMinutes(1));
            var recorders = ((int[])[0, 1]).Select(recorder => RecordAsync(api, recorder, new Random(random.Next()), shot)).ToList();
            await shot.WaitAsync();
            await node.KillAsync();
            await Task.WhenAll(recorders);
        }
        await CheckAsync();
    }

    /// <summary>Takes the session over, sends chunks until it is fenced, and takes it over again; until the node is gone.</summary>
    private async Task RecordAsync(NodeApi api, int recorder, Random random, Shot shot)
    {
        try
        {
            while (true)
            {
                var resumed = (await api.SendAsync(HttpMethod.Post, $"sessions/{_session}/resume")).RequireOk().Json;
                var lease = resumed.GetProperty("lease").GetInt64();
                InterlockedMax(lease);
                var next = resumed.GetProperty("next_index").GetUInt64();
                while (true)
                {
                    var answers = await Task.WhenAll(Enumerable.Range(0, 1 + random.Next(4)).Select(i => UploadAsync(api, recorder, lease, next + (ulong)i, shot)));
                    if (answers.Contains(Fenced))
                        break;
                    next = (await api.GetAsync($"sessions/{_session}")).RequireOk().Json.GetProperty("next_index").GetUInt64();
                }
                foreach (var verb in (string[])["heartbeat", "pause", "stop?accept_gaps=true"])
                {
                    var late = await api.SendAsync(HttpMethod.Post, $"sessions/{_session}/{verb}", lease);
                    late.Require(late.Code == Fenced);
                }
            }
        }
        catch (NodeGoneException)
        {
            // Killed, as planned.
        }
    }

    /// <returns>The error's code, or nothing.</returns>
    private async Task<string> UploadAsync(NodeApi api, int recorder, long lease, ulong index, Shot shot)
    {
        var newest = Interlocked.Read(ref _newest);
        var answer = await api.SendAsync(HttpMethod.Put, $"sessions/{_session}/chunks/{index}", lease, new ByteArrayContent(Content(recorder, index)));
        if (!answer.Ok)
        {
            answer.Require(answer.Code is Fenced or OtherBytes or OutOfWindow);
            return answer.Code;
        }
        answer.Require(lease >= newest);
        lock (_receipts)
        {
            if (_receipts.TryGetValue(index, out var other))
                answer.Require(other.Recorder == recorder && other.Note.Bytes.SequenceEqual(answer.Body));
            _receipts[index] = (recorder, SignedNote.Parse(answer.Body));
        }
        shot.Notice(Moment.ReceiptGiven);
        return "";
    }

    /// <summary>The evidence honours every receipt of either, and each index has one recorder's bytes: his who has the receipt.</summary>
    private async Task CheckAsync()
    {
        using var node = NodeProcess.Start(_folder.Data);
        using var api = await node.ReadyAsync();
        var lease = (await api.SendAsync(HttpMethod.Post, $"sessions/{_session}/resume")).RequireOk().Json.GetProperty("lease").GetInt64();
        (await api.SendAsync(HttpMethod.Post, $"sessions/{_session}/stop?accept_gaps=true", lease)).RequireOk();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await api.GetAsync($"sessions/{_session}")).RequireOk().Json.GetProperty("status").GetString() != "anchored")
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        var evidence = (await api.GetAsync($"sessions/{_session}/evidence?full=true")).RequireOk().Body;
        var report = await EvidenceVerifier.VerifyAsync(
            new MemoryStream(evidence), new TrustStore(_folder.Data.Trust).Load(), new VerifyOptions { Receipts = [.. _receipts.Values.Select(receipt => receipt.Note)] },
            CancellationToken.None);
        Assert.True(report.Verdict == Verdict.Verified, $"LUCID_SEED={_seed}: {report.Summary}");
        Assert.NotEmpty(_receipts);

        var reader = new LeafReader();
        reader.Append((await api.GetAsync($"sessions/{_session}/leaves")).RequireOk().Body);
        var played = (await api.GetAsync($"sessions/{_session}/playback")).RequireOk().Body.AsMemory();
        while (reader.TryRead(out var leaf, out _))
        {
            if (leaf is not ChunkLeaf chunk)
                continue;
            var bytes = played[..chunk.PlainLength].ToArray();
            var whose = Enumerable.Range(0, 2).Single(recorder => bytes.AsSpan().SequenceEqual(Content(recorder, chunk.Index)));
            Assert.True(!_receipts.TryGetValue(chunk.Index, out var receipt) || receipt.Recorder == whose, $"LUCID_SEED={_seed}: chunk {chunk.Index} is of recorder {whose}");
            played = played[chunk.PlainLength..];
        }
        await node.KillAsync();
    }

    private void InterlockedMax(long lease)
    {
        for (var seen = Interlocked.Read(ref _newest); seen < lease; seen = Interlocked.Read(ref _newest))
            Interlocked.CompareExchange(ref _newest, lease, seen);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static byte[] Content(int recorder, ulong index) => Encoding.UTF8.GetBytes($"recorder {recorder}, chunk {index}, {new string('x', (int)(index % 5) * 1000)}");
}
