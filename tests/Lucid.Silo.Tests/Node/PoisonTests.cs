using System.Net;
using System.Net.Sockets;
using System.Text;
using Lucid.Evidence.Verification;
using Microsoft.Data.Sqlite;

namespace Lucid.Silo.Tests.Node;

/// <summary>One session whose bytes fail at every stage, beside others: each failure is answered as what it is, and the others notice nothing.</summary>
public sealed class PoisonTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Session_FailingAtEveryStage_LeavesTheOthersUntouched()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (poisoned, _) = await node.CreateAsync();
        var others = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => (await node.CreateAsync()).Id));
        await OkAsync(node.PutAsync(poisoned, 0, [1, 2, 3]));
        var next = 0UL;
        foreach (var failure in Failures(node, poisoned))
        {
            // At the same time, so that the others meet it wherever it stands.
            await Task.WhenAll([failure, .. others.Select(id => OkAsync(node.PutAsync(id, next, Content(id, (int)next))))]);
            next++;
        }
        foreach (var id in others)
        {
            await OkAsync(node.PostAsync(id, "stop"));
            await node.UntilAsync(id, "anchored");
            var (_, report) = await node.EvidenceAsync(id, _folder);
            Assert.True(report.Verdict == Verdict.Verified, report.Summary);
            Assert.Equal(
                Enumerable.Range(0, (int)next).SelectMany(index => Content(id, index)), await node.Client.GetByteArrayAsync($"sessions/{id}/playback"));
        }
        // What was refused left nothing behind: the one good chunk is all that the poisoned session has.
        Assert.Equal(1, (await node.GetAsync(poisoned)).GetProperty("next_index").GetInt32());
        var pipeline = await TestNode.JsonAsync(await node.Client.GetAsync($"sessions/{poisoned}/pipeline"));
        Assert.Equal(0, pipeline.GetProperty("overall_metrics").GetProperty("in_flight").GetInt32());
    }

    [Fact]
    public async Task Pipeline_OfAChunkThatIsRefused_DoesNotCountItAsReceived()
    {
        await using var node = await TestNode.StartAsync(_folder);
        var (id, _) = await node.CreateAsync();
        await OkAsync(node.PutAsync(id, 0, [1]));
        await OkAsync(node.PutAsync(id, 0, [1]));
        using (var conflict = await node.PutAsync(id, 0, [2]))
            Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        var pipeline = await TestNode.JsonAsync(await node.Client.GetAsync($"sessions/{id}/pipeline"));
        Assert.All(pipeline.GetProperty("stages").EnumerateArray(), stage => Assert.Equal(1, stage.GetProperty("chunks").GetInt32()));
    }

    [Fact]
    public async Task GrainState_Damaged_FailsThatSessionAlone()
    {
        Guid damaged, other;
        await using (var node = await TestNode.StartAsync(_folder))
        {
            (damaged, other) = ((await node.CreateAsync()).Id, (await node.CreateAsync()).Id);
            await OkAsync(node.PutAsync(damaged, 0, [1]));
            await OkAsync(node.PutAsync(other, 0, [1]));
        }
        await using (var store = new SqliteConnection($"Data Source={_folder.Data.GrainStore};Pooling=False"))
        {
            store.Open();
            using var command = store.CreateCommand();
            command.CommandText = "UPDATE state SET json = x'7b' WHERE grain = (SELECT id FROM grain WHERE name = 'session' AND key = @key)";
            command.Parameters.AddWithValue("@key", damaged.ToString("D"));
            Assert.Equal(1, command.ExecuteNonQuery());
        }
        await using (var node = await TestNode.StartAsync(_folder))
        {
            using var refused = await node.PutAsync(damaged, 1, [2]);
            Assert.True((int)refused.StatusCode >= 500, $"{refused.StatusCode}");
            await OkAsync(node.PutAsync(other, 1, [2]));
            await OkAsync(node.PostAsync(other, "stop"));
            await node.UntilAsync(other, "anchored");
        }
    }

    /// <summary>Everything that a client can get wrong with a chunk, in turn.</summary>
    private IEnumerable<Task> Failures(TestNode node, Guid id)
    {
        var bytes = Content(id, 1);
        yield return RefusedAsync(node.SendAsync(Put(id, 1, bytes, digest: new byte[32])), HttpStatusCode.BadRequest);
        yield return RefusedAsync(node.PutAsync(id, 0, bytes), HttpStatusCode.Conflict);
        yield return RefusedAsync(node.PutAsync(id, 1, bytes, lease: 7), HttpStatusCode.Conflict);
        yield return RefusedAsync(node.PutAsync(id, 1, bytes, times: "5,4"), HttpStatusCode.BadRequest);
        yield return RefusedAsync(node.PutAsync(id, 1, bytes, times: "0,999999999999"), HttpStatusCode.BadRequest);
        yield return RefusedAsync(node.PutAsync(id, 1000, bytes), HttpStatusCode.Conflict);
        yield return RefusedAsync(node.PutAsync(id, 1, new byte[(10 << 20) + 1]), HttpStatusCode.RequestEntityTooLarge);
        yield return AbortAsync(node, id, bytes);
        yield return StorageFailsAsync(node, id);
    }

    /// <summary>Says 5,000 bytes, sends 10 and hangs up.</summary>
    private async Task AbortAsync(TestNode node, Guid id, byte[] bytes)
    {
        using var socket = new TcpClient();
        var address = node.Client.BaseAddress!;
        await socket.ConnectAsync(address.Host, address.Port);
        var token = (await File.ReadAllTextAsync(_folder.Data.Token)).Trim();
        var head = $"PUT /api/v1/sessions/{id}/chunks/1 HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\nLucid-Lease: 1\r\nContent-Length: {bytes.Length}\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        await socket.GetStream().WriteAsync(bytes.AsMemory(0, 10));
    }

    /// <summary>A file stands where the session's chunks should go: storing fails for it and for nobody else.</summary>
    private async Task StorageFailsAsync(TestNode node, Guid poisoned)
    {
        var chunks = Directory.GetDirectories(_folder.Data.Chunks, poisoned.ToString("D"), SearchOption.AllDirectories).Single();
        Directory.Move(chunks, chunks + ".aside");
        await File.WriteAllTextAsync(chunks, "");
        using (var failed = await node.PutAsync(poisoned, 1, [1]))
            Assert.True((int)failed.StatusCode >= 500, $"{failed.StatusCode}");
        File.Delete(chunks);
        Directory.Move(chunks + ".aside", chunks);
    }

    private static HttpRequestMessage Put(Guid id, ulong index, byte[] bytes, byte[] digest)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/{index}") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("Lucid-Lease", "1");
        request.Content.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(digest)}:");
        return request;
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected)
    {
        using var answer = await sending;
        Assert.Equal(expected, answer.StatusCode);
    }

    private static async Task OkAsync(Task<HttpResponseMessage> sending)
    {
        using var answer = await sending;
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static byte[] Content(Guid id, int index)
    {
        var bytes = new byte[5000];
        new Random(id.GetHashCode() ^ index).NextBytes(bytes);
        return bytes;
    }
}
