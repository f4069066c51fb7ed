using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Lucid.Bench.Load;

/// <summary>Fifty sessions record, at first alone and then beside one whose bytes fail in every way: what they notice of it.</summary>
internal static class PoisonBenchmark
{
    private const int SlowBodies = 8;

    // Twenty-five bad chunks a second in all: as many as the others send good ones. Faster, it is a question of CPU and not of poison.
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync(Effort effort, Report report)
    {
        var duration = effort.Duration / 2 ?? TimeSpan.FromSeconds(effort.Quick ? 8 : 30);
        using var folder = new TempFolder();
        await using var node = await NodeProcess.StartAsync(Path.Combine(folder.Path, "data"));
        await CrowdAsync("warm-up", new Report(quick: true));
        await CrowdAsync("alone", report);
        using var over = new CancellationTokenSource();
        var (poisoned, lease) = await node.CreateSessionAsync();
        var poisoning = PoisonAsync(node, poisoned, lease, over.Token);
        await CrowdAsync("beside a poisoned one", report);
        await over.CancelAsync();
        var (refused, hung) = await poisoning;
        report.Add("· poisoned chunks refused meanwhile", new Sample([refused]), Unit.Number, $"and {hung} bodies that came a few bytes a second");
        var usage = await node.UsageAsync();
        report.Add("· the node's memory", new Sample([usage.Resident]), Unit.Megabytes, usage.InWords());

        async Task CrowdAsync(string what, Report into)
        {
            var latencies = new Latencies(TimeSpan.Zero);
            var crowd = await Crowd.CreateAsync(node, effort.Sessions ?? 50, effort.Rate ?? 25, latencies);
            crowd.AddTo(into, $"poison, {crowd.Count} sessions {what}", await crowd.RunAsync(duration));
            latencies.AddTo(into, $"poison, {what}", judged: false);
            await crowd.StopAsync();
        }
    }

    private static async Task<(int Refused, int Hung)> PoisonAsync(NodeProcess node, Guid session, long lease, CancellationToken over)
    {
        var slow = Enumerable.Range(0, SlowBodies).Select(i => SlowBodyAsync(node, session, lease, i, over)).ToArray();
        var refused = 0;
        var bytes = ChunkMix.At(1, 1 << 20).ToArray();
        while (!over.IsCancellationRequested)
        {
            refused += await SendAsync(node, session, 9, lease, bytes, digest: new byte[32]);
            refused += await SendAsync(node, session, 9, lease + 1, bytes);
            refused += await SendAsync(node, session, 1_000, lease, bytes);
            refused += await SendAsync(node, session, 9, lease, new byte[(10 << 20) + 1]);
            refused += await SendAsync(node, session, 9, lease, bytes, times: "9,8");
            await Task.Delay(_pace, TimeProvider.System, CancellationToken.None);
        }
        await Task.WhenAll(slow);
        return (refused, SlowBodies);
    }

    /// <returns>1 where it was refused, as it has to be.</returns>
    private static async Task<int> SendAsync(NodeProcess node, Guid session, int index, long lease, byte[] bytes, byte[]? digest = null, string? times = null)
    {
        using var body = new ByteArrayContent(bytes);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"api/v1/sessions/{session:D}/chunks/{index}") { Content = body };
        request.Headers.Add("Lucid-Lease", lease.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (times is not null)
            request.Headers.Add("Lucid-Chunk-Time", times);
        if (digest is not null)
            body.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(digest)}:");
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        try
        {
            using var answer = await node.Http.SendAsync(request);
            return answer.IsSuccessStatusCode ? throw new InvalidOperationException("A poisoned chunk was taken.") : 1;
        }
        catch (HttpRequestException)
        {
            // Refused before the body was read: the connection is closed under it.
            return 1;
        }
    }

    private static async Task SlowBodyAsync(NodeProcess node, Guid session, long lease, int index, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(node.Address.Host, node.Address.Port, over);
                var stream = client.GetStream();
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"PUT /api/v1/sessions/{session:D}/chunks/{index} HTTP/1.1\r\nHost: {node.Address.Authority}\r\nAuthorization: Bearer {node.Token}\r\nLucid-Lease: {lease}\r\nContent-Length: {10 << 20}\r\n\r\n"), over);
                for (var block = new byte[300]; ;)
                {
                    await stream.WriteAsync(block, over);
                    await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, over);
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // Thrown out, or over.
            }
        }
    }
}
