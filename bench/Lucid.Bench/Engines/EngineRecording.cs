using Lucid.Bench.Load;
using Lucid.Evidence.Tests.Compression;

namespace Lucid.Bench.Engines;

/// <summary>Incompressible content in several sessions at once through the API, each chunk durable when answered.</summary>
internal static class EngineRecording
{
    private const int Sessions = 6;

    public static async Task RunAsync(Effort effort, Contender[] all, Report report)
    {
        EnginesBenchmark.Say("recording");
        var content = Content.Random(effort.Quick ? 16 << 20 : 64 << 20);
        var size = (double)Sessions * content.Length;
        var samples = await Measure.InTurnAsync(effort.Quick ? 2 : 5, [.. all.Select(contender => (Func<Task<double>>)(async () =>
            size / await Measure.TimeAsync(() => Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => RecordAsync(contender.Face, content))))))]);
        for (var i = 0; i < all.Length; i++)
        {
            var ratio = samples[i].Median / samples[0].Median;
            report.Add($"record {Sessions} x {content.Length >> 20} MiB incompressible, {all[i].Name}", samples[i], Unit.MebibytesPerSecond,
                i == 0 ? $"{Sessions} sessions at once, 4 PUTs of 8 MiB each" : $"{ratio:0.00} of embedded",
                i == 2 ? new Target(">= 0.5 of embedded", ratio >= 0.5) : null);
        }
    }

    private static async Task RecordAsync(NodeProcess face, byte[] content)
    {
        var (session, lease) = await face.CreateSessionAsync(3600);
        await RecordingBenchmark.SendAsync(
            face.Http, session, lease, content.Length / RecordingBenchmark.ChunkSize, (chunk, _) => new(content.AsMemory(chunk * RecordingBenchmark.ChunkSize, RecordingBenchmark.ChunkSize)));
    }
}
