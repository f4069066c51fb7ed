using Lucid.Evidence.Compression;
using Lucid.Evidence.Tests.Compression;
using Lucid.Silo.Storage;

namespace Lucid.Bench;

/// <summary>Incompressible bytes through HTTP into a node, durable when answered, beside writing and flushing the same bytes to a file.</summary>
internal static class RecordingBenchmark
{
    internal const int ChunkSize = 8 << 20;
    private const int Parallelism = 4;

    public static async Task RunAsync(Effort effort, Report report)
    {
        await using var node = new BenchNode();
        await node.StartAsync();
        var content = Content.Random(effort.Quick ? 32 << 20 : 128 << 20);
        var cpu = new List<double>();
        var samples = await Measure.InTurnAsync(
            Math.Min(effort.Rounds, 3),
            async () =>
            {
                var before = Environment.CpuUsage.TotalTime;
                var seconds = await Measure.TimeAsync(() => RecordAsync(node, content));
                cpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
                return content.Length / seconds;
            },
            async () => content.Length / await Measure.TimeAsync(() => WriteAsync(Path.Combine(node.Folder, "bare"), content)));
        var perCpuSecond = (content.Length >> 20) / new Sample(cpu.Skip(1)).Median;
        report.Add($"record {content.Length >> 20} MiB incompressible, {Parallelism} PUTs", samples[0], Unit.MebibytesPerSecond,
            $"{samples[0].Median / samples[1].Median:0.00} of write + fsync, {perCpuSecond:0} MiB per CPU second, client included",
            new Target(">= 3 x restic: see --peers", null));
        report.Add("· write + fsync of the same bytes", samples[1], Unit.MebibytesPerSecond);
    }

    private static async Task RecordAsync(BenchNode node, byte[] content)
    {
        var (session, lease) = await node.CreateSessionAsync();
        await SendAsync(node.Http, session, lease, content.Length / ChunkSize, (chunk, _) => new(content.AsMemory(chunk * ChunkSize, ChunkSize)));
    }

    /// <summary>Sends chunks of 8 MiB as the command line program does, digest and all; returns when each is durable.</summary>
    internal static Task SendAsync(
        HttpClient http, Guid session, long lease, int chunks, Func<int, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> readAsync)
    {
        var together = new ParallelOptions { MaxDegreeOfParallelism = Parallelism };
        return Parallel.ForAsync(0, chunks, together, async (index, cancellation) =>
        {
            var chunk = await readAsync(index, cancellation);
            using var body = new ReadOnlyMemoryContent(chunk);
            using var request = new HttpRequestMessage(HttpMethod.Put, $"api/v1/sessions/{session:D}/chunks/{index}") { Content = body };
            body.Headers.Add("Content-Digest", Crc32c.ContentDigestOf(chunk.Span));
            request.Headers.Add("Lucid-Lease", lease.ToString());
            using var answer = await http.SendAsync(request, cancellation);
            answer.EnsureSuccessStatusCode();
        });
    }

    private static async Task WriteAsync(string path, byte[] content)
    {
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, options: FileOptions.Asynchronous))
        {
            await RandomAccess.WriteAsync(file, content, 0);
            DurableFile.Sync(file);
        }
        File.Delete(path);
    }
}
