using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Node;

/// <summary>A real process, killed without a word while chunks arrive, and started again.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_WhileChunksArrive_HonoursEveryReceipt()
    {
        var receipts = new List<SignedNote>();
        Guid session = default;
        var next = 0;
        // Seeded, so that a failure can be replayed; where in the work a kill falls is up to the machine.
        var random = new Random(20);
        for (var round = 0; round < 4; round++)
        {
            using var process = Start();
            var client = await ClientAsync(process);
            if (session == default)
                session = (await CreateAsync(client)).GetProperty("session_id").GetGuid();
            var killAfter = next + 3 + random.Next(6);
            var uploads = new List<Task>();
            using var gate = new SemaphoreSlim(4);
            for (var i = next; i < killAfter + 4; i++)
            {
                var index = i;
                await gate.WaitAsync();
                uploads.Add(UploadAsync(index));
                if (i == killAfter)
                    process.Kill();
            }
            await Task.WhenAll(uploads);
            await process.WaitForExitAsync();
            lock (receipts)
                next = Enumerable.Range(0, int.MaxValue).First(i => receipts.TrueForAll(note => ChunkReceipt.Of(note).Leaf.Index != (ulong)i));

            async Task UploadAsync(int index)
            {
                try
                {
                    var request = new HttpRequestMessage(HttpMethod.Put, $"sessions/{session}/chunks/{index}") { Content = new ByteArrayContent(Content(index)) };
                    request.Headers.Add("Lucid-Lease", "1");
                    using var answer = await client.SendAsync(request);
                    if (!answer.IsSuccessStatusCode)
                        return;
                    var note = SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync());
                    lock (receipts)
                        receipts.Add(note);
                }
                catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
                {
                    // The node died under this request: no receipt, no promise. Where it dies while a connection is being set up, HttpClient
                    // lets the socket's own exception through.
                }
                finally
                {
                    gate.Release();
                }
            }
        }

        using var last = Start();
        try
        {
            var client = await ClientAsync(last);
            var stop = new HttpRequestMessage(HttpMethod.Post, $"sessions/{session}/stop?accept_gaps=true");
            stop.Headers.Add("Lucid-Lease", "1");
            (await client.SendAsync(stop)).EnsureSuccessStatusCode();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (JsonDocument.Parse(await client.GetStringAsync($"sessions/{session}", limit.Token)).RootElement.GetProperty("status").GetString() != "anchored")
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            var evidence = await client.GetByteArrayAsync($"sessions/{session}/evidence?full=true");
            var report = await EvidenceVerifier.VerifyAsync(
                new MemoryStream(evidence), new TrustStore(_folder.Data.Trust).Load(), new VerifyOptions { Receipts = [.. receipts] }, CancellationToken.None);
            Assert.True(report.Verdict == Verdict.Verified, report.Summary);
            Assert.NotEmpty(receipts);
            var played = await client.GetByteArrayAsync($"sessions/{session}/playback");
            Assert.Equal(
                Enumerable.Range(0, next).SelectMany(Content), played.Take(Enumerable.Range(0, next).Sum(i => Content(i).Length)));
        }
        finally
        {
            last.Kill();
            await last.WaitForExitAsync();
        }
    }

    private Process Start()
    {
        File.Delete(_folder.Data.NodeFile);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])
            [typeof(Hosting.NodeHost).Assembly.Location, "up", "--data", _folder.Data.Root, "--urls", "http://127.0.0.1:0", "--block-interval", "100"])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private async Task<HttpClient> ClientAsync(Process process)
    {
        // The ready line comes when the node answers.
        var ready = await process.StandardOutput.ReadLineAsync();
        Assert.True(ready?.StartsWith("Lucid is ready", StringComparison.Ordinal), ready ?? await process.StandardError.ReadToEndAsync());
        var url = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.Data.NodeFile)).RootElement.GetProperty("url").GetString();
        var client = new HttpClient { BaseAddress = new Uri(url + "/api/v1/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(_folder.Data.Token)).Trim());
        return client;
    }

    private static async Task<JsonElement> CreateAsync(HttpClient client)
    {
        using var answer = await client.PostAsync("sessions", new StringContent("""{"name":"kill","idle_limit_seconds":3600}""", System.Text.Encoding.UTF8, "application/json"));
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static byte[] Content(int index)
    {
        var bytes = new byte[20_000 + (index * 7)];
        new Random(index).NextBytes(bytes);
        return bytes;
    }
}
